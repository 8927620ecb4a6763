/** What the laws are judged by: the simulator's and the callers' own records, and what is in D1 and R2 at the end. */
import type { SimulatedTask } from '../../src/dev/simulator/task.ts'
import type { Told } from './callers.ts'
import { type Forgery, forgedMark } from './forger.ts'
import { indexIn, type PlannedJob } from './plan.ts'
import { type JobRows, type Row, rowsOf, type Storage } from './storage.ts'

/** One accepted job: its plan, and everything that anybody knows of it. */
export interface Case {
  plan: PlannedJob
  id: string
  rows: JobRows
  /** What was written of it when it was first seen settled. */
  snapshot: JobRows | undefined
  attempts: Row[]
  /** Every task that a provider accepted for it: every bill. */
  bills: SimulatedTask[]
  told: Told[]
}

export interface Evidence {
  cases: Case[]
  /** However often each was posted. */
  jobsInAll: number
  /** Bills for nobody's job. */
  strayBills: SimulatedTask[]
  /** Calls that callers should not have had. */
  strays: readonly string[]
  forgeries: readonly Forgery[]
  journaledForgeries: number
  /** Rows of any job or delivery that are still leased, due or pending. */
  left: Row[]
  objectKeys: string[]
  objectHash: Storage['objectHash']
  /** Of what a provider serves for an output; null: it made none such. */
  servedHash: (outputId: string) => Promise<string | null>
}

export interface Records {
  accepted: { plan: PlannedJob; id: string }[]
  snapshots: ReadonlyMap<string, JobRows>
  bills: readonly SimulatedTask[]
  told: readonly Told[]
  strays: readonly string[]
  forgeries: readonly Forgery[]
  servedHash: Evidence['servedHash']
}

export async function gather(storage: Storage, records: Records): Promise<Evidence> {
  const { accepted, snapshots, bills, told } = records
  const rows = await rowsOf(
    storage,
    accepted.map(({ id }) => id),
  )
  const attempts = Map.groupBy(
    await storage.select(
      'SELECT a.*, d.job_id FROM attempts a JOIN deliveries d ON d.id = a.delivery_id ORDER BY a.n',
    ),
    (row) => row.job_id,
  )
  const billsOf = Map.groupBy(bills, (task) => indexIn(JSON.stringify(task.request)))
  const toldTo = Map.groupBy(told, ({ index }) => index)
  const nothing = { jobs: [], tasks: [], outputs: [], events: [], deliveries: [], assets: [] }
  const [jobs] = await storage.select('SELECT count(*) AS n FROM jobs')
  const [forged] = await storage.select('SELECT count(*) AS n FROM webhooks WHERE instr(body, ?)', forgedMark)
  return {
    cases: accepted.map(({ plan, id }) => ({
      plan,
      id,
      rows: rows.get(id) ?? nothing,
      snapshot: snapshots.get(id),
      attempts: attempts.get(id) ?? [],
      bills: billsOf.get(plan.index) ?? [],
      told: toldTo.get(plan.index) ?? [],
    })),
    jobsInAll: Number(jobs?.n),
    strayBills: bills.filter((task) => {
      const index = indexIn(JSON.stringify(task.request))
      return !accepted.some(({ plan }) => plan.index === index)
    }),
    strays: records.strays,
    forgeries: records.forgeries,
    journaledForgeries: Number(forged?.n),
    left: await storage.select(leftOver),
    objectKeys: await storage.objectKeys(),
    objectHash: storage.objectHash,
    servedHash: records.servedHash,
  }
}

const leftOver = `
  SELECT id, status, due_at, lease FROM jobs
  WHERE due_at IS NOT NULL OR lease IS NOT NULL OR settled_at IS NULL
     OR status NOT IN ('succeeded', 'failed', 'canceled')
  UNION ALL
  SELECT id, status, due_at, lease FROM deliveries
  WHERE due_at IS NOT NULL OR lease IS NOT NULL OR status = 'pending'`
