/** Takes the measures of one interval. */
import { residentMiB } from '../bench/process.ts'
import { readState } from '../chaos/lives/storage.ts'
import type { Clients } from './clients.ts'
import type { Deployment } from './deployment.ts'
import { heapMiB } from './heap.ts'
import type { Sample } from './measures.ts'
import type { Records } from './records.ts'
import { medianOf } from './slopes.ts'
import type { StoredFiles } from './storage.ts'

export interface Sources {
  deployment: Deployment
  files: StoredFiles
  records: Records
  clients: Clients
}

const floorCalls = 3

export async function takeSample(
  sources: Sources,
  { sinceMs, heap }: { sinceMs: number; heap: 'with the heap' | 'without' },
): Promise<Sample> {
  const { deployment, files, clients } = sources
  const now = Date.now()
  const { n, pid, ageMs } = deployment.process()
  const { overdue } = await readState(files, now)
  const [counted] = await files.select(countUnfinished, now)
  const posts = clients.postTimes.filter(({ atMs }) => atMs >= sinceMs).map(({ ms }) => ms)
  const ended = await timesOfEnded(sources)
  const post = medianOrNull(posts)
  const floor = await floorMs(deployment.url)
  return {
    atMs: now,
    process: n,
    processAgeMs: ageMs,
    values: {
      heap: heap === 'without' ? null : await heapMiB(deployment.inspectorPort),
      memory: residentMiB(pid),
      database: files.databaseBytes() / 1_024,
      rows: files.rows(),
      objects: files.objects(),
      unsettled: Number(counted?.unsettled),
      pending: Number(counted?.pending),
      overdue,
      oldest: Number(counted?.oldest ?? 0) / 1_000,
      post,
      floor,
      postShare: post === null || floor === null ? null : post / floor,
      finish: medianOrNull(ended.finishSeconds),
      delivery: medianOrNull(ended.deliveryMs),
    },
  }
}

/** Calls without any logic of the product: what they take is that of the machine. */
async function floorMs(url: string): Promise<number | null> {
  const times: number[] = []
  for (let n = 0; n < floorCalls; n++) {
    const startedAt = performance.now()
    const response = await fetch(`${url}/soak/floor`).catch(() => null)
    await response?.text()
    if (response?.ok) times.push(performance.now() - startedAt)
  }
  return medianOrNull(times)
}

/** The times of the jobs without a fault that ended since the last sample. */
async function timesOfEnded({ records, clients, deployment }: Sources) {
  const fresh = await records.look()
  const clean = new Map(clients.accepted.filter(({ plan }) => plan.isClean).map(({ id, plan }) => [id, plan]))
  const finishSeconds: number[] = []
  const deliveryMs: number[] = []
  for (const id of fresh) {
    const plan = clean.get(id)
    const [job] = records.kept.get(id)?.jobs ?? []
    if (plan === undefined || job?.status !== 'succeeded') continue
    finishSeconds.push((Number(job.settled_at) - Number(job.created_at)) / 1_000)
    const first = deployment.callers.attempts.find(({ index }) => index === plan.index)
    if (first !== undefined) deliveryMs.push(first.receivedAt - Number(job.settled_at))
  }
  return { finishSeconds, deliveryMs }
}

function medianOrNull(values: number[]): number | null {
  return values.length === 0 ? null : medianOf(values)
}

const countUnfinished = `
  SELECT (SELECT count(*) FROM jobs WHERE settled_at IS NULL) AS unsettled,
    (SELECT count(*) FROM deliveries WHERE status = 'pending') AS pending,
    (SELECT max(?1 - due_at) FROM (
       SELECT coalesce(leased_until, due_at) AS due_at FROM jobs UNION ALL SELECT due_at FROM deliveries
       UNION ALL SELECT coalesce(leased_until, due_at) FROM late_checks
     ) WHERE due_at <= ?1) AS oldest`
