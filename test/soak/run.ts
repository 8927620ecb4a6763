/** One run: load with faults, a sample at each interval, one restart, a drain, and the result. */
import { writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from '../../src/dev/local/client.ts'
import type { Row } from '../chaos/lives/storage.ts'
import { seededRandom } from '../chaos/random.ts'
import { acceptsFinally } from '../chaos/world/callers.ts'
import { type Clients, createClients } from './clients.ts'
import { type Deployment, deploy } from './deployment.ts'
import type { Interruption } from './interruption.ts'
import { checkSoakLaws } from './laws.ts'
import type { Sample } from './measures.ts'
import type { Plan } from './plan.ts'
import { type PlannedPost, planPosts } from './plan-posts.ts'
import { keepRecords } from './records.ts'
import { printResult, progressLine } from './report.ts'
import { type Sources, takeSample } from './sample.ts'
import { openStoredFiles } from './storage.ts'
import { verdictsOf } from './verdicts.ts'

const listEveryMs = 7_000
const ageEveryMs = 20_000
const printEveryMs = 60_000

/** Returns whether everything was flat and every law held. An interruption ends the load. */
export async function soak(plan: Plan, interruption: Interruption): Promise<boolean> {
  const folder = `.wrangler/soak/${plan.seed}`
  const startedAt = Date.now()
  const print = (line: string) =>
    console.log(`${((Date.now() - startedAt) / 60_000).toFixed(1).padStart(5)} min  ${line}`)
  print(
    `seed ${plan.seed}, ${plan.jobsPerMinute} jobs a minute for ${(plan.loadMs / 60_000).toFixed(0)} minutes`,
  )
  const deployment = await deploy(folder, plan)
  const { signal, listen } = interruption
  listen()
  const files = openStoredFiles(folder)
  const records = keepRecords(files)
  const state = { isOver: false }
  const apiKey = await createKey(deployment)
  const clients = createClients(deployment.url, apiKey, {
    isOver: () => state.isOver,
    isRecorded: (id) => records.kept.has(id),
  })
  const sources = { deployment, files, records, clients }
  const loadedAt = Date.now()
  const { samples, running } = await applyLoad(plan, sources, interruption, print)
  const loadEndedAt = Date.now()
  await drain(plan, sources, running, { signal, print })
  state.isOver = true
  await records.look()
  const unfinished = signal.aborted ? [] : await unfinishedRows(sources)
  const laws = signal.aborted
    ? []
    : checkSoakLaws({
        clients,
        kept: records.kept,
        bills: deployment.simulator.tasks(),
        attempts: deployment.callers.attempts,
        strayRequests: deployment.callers.strayRequests,
        unfinished,
        deadLetters: deployment.events.get('message.dead_lettered') ?? 0,
      })
  const verdicts = verdictsOf(samples, loadedAt, plan)
  const isPassed = printResult(verdicts, laws, Math.max(0, loadEndedAt - loadedAt - plan.warmUpMs) / 60_000)
  const counts = {
    answers: Object.fromEntries(clients.answers),
    events: Object.fromEntries(deployment.events),
  }
  const resultFile = `${folder}/result.json`
  writeFileSync(
    resultFile,
    `${JSON.stringify({ plan, isPassed, verdicts, laws, counts, samples }, null, 1)}\n`,
  )
  print(`written to ${resultFile}`)
  files.close()
  await deployment.close()
  return isPassed
}

async function createKey({ url, adminApiKey }: Deployment): Promise<string> {
  const created: unknown = await createClient(url, adminApiKey).post('/v1/api-keys', { name: 'soak' })
  return String(Reflect.get(Object(created), 'key'))
}

async function applyLoad(
  plan: Plan,
  sources: Sources,
  { signal, listen }: Interruption,
  print: (line: string) => void,
) {
  const { deployment, clients, records } = sources
  const random = seededRandom(plan.seed)
  const posts = planPosts(plan, deployment.callers.places)
  deployment.callers.expect(posts)
  const startedAt = Date.now()
  const samples: Sample[] = []
  const running = new Set<Promise<void>>()
  const run = (work: Promise<void>) => {
    const caught = work.catch((error) => void clients.breaches.push(String(error)))
    running.add(caught)
    void caught.then(() => running.delete(caught))
  }
  const isPostDue = every(() => (60_000 / plan.jobsPerMinute) * (0.5 + random.below(1_000) / 1_000))
  const isListDue = every(() => listEveryMs)
  const isAgeDue = every(() => ageEveryMs)
  const isSampleDue = every(() => plan.sampleEveryMs)
  const isHeapDue = every(() => plan.heapEveryMs)
  const isPrintDue = every(() => printEveryMs)
  let sampledAt = startedAt
  let sampling: Promise<void> | null = null
  const sample = async () => {
    const sinceMs = sampledAt
    sampledAt = Date.now()
    const taken = await takeSample(sources, { sinceMs, heap: isHeapDue() ? 'with the heap' : 'without' })
    samples.push(taken)
    if (isPrintDue()) print(progressLine(taken, { posted: clients.accepted.length, kept: records.kept.size }))
  }
  let isRestarted = false
  while (Date.now() - startedAt < plan.loadMs && !signal.aborted) {
    if (isPostDue()) runNext(posts, clients, run)
    if (isListDue()) run(clients.list())
    if (isAgeDue()) run(records.look().then(deployment.age))
    if (sampling === null && isSampleDue()) {
      sampling = sample().finally(() => {
        sampling = null
      })
      run(sampling)
    }
    if (!isRestarted && Date.now() - startedAt >= plan.restartAtMs) {
      isRestarted = true
      print('restarting the Worker')
      await sampling
      await deployment.restart()
      listen()
    }
    await wait(50)
  }
  return { samples, running }
}

function runNext(posts: PlannedPost[], { post }: Clients, run: (work: Promise<void>) => void): void {
  const next = posts.shift()
  if (next !== undefined) run(post(next))
}

function every(nextMs: () => number): () => boolean {
  let at = Date.now() + nextMs()
  return () => {
    if (Date.now() < at) return false
    at += nextMs()
    return true
  }
}

/** Until every job has ended and every delivery that its host may accept. */
async function drain(
  { maxDrainMs }: Plan,
  sources: Sources,
  running: Set<Promise<void>>,
  { signal, print }: { signal: AbortSignal; print: (line: string) => void },
): Promise<void> {
  print('draining')
  const until = Date.now() + maxDrainMs
  const isPrintDue = every(() => printEveryMs)
  while (Date.now() < until && !signal.aborted) {
    await wait(1_000)
    await sources.records.look()
    const left = await unfinishedRows(sources)
    if (isPrintDue()) print(`${left.length} rows and ${running.size} clients are not done`)
    if (left.length + running.size === 0) return
  }
}

/** Leaves out deliveries to hosts that refuse each attempt, and checks for late results: both take days. */
async function unfinishedRows({ files, clients }: Sources): Promise<Row[]> {
  const refused = clients.accepted.filter(
    ({ plan }) => plan.behavior !== null && !acceptsFinally(plan.behavior),
  )
  return files.select(unfinished, JSON.stringify(refused.map(({ id }) => id)))
}

const unfinished = `
  SELECT id, status, due_at, lease FROM jobs WHERE settled_at IS NULL OR due_at IS NOT NULL OR lease IS NOT NULL
  UNION ALL SELECT id, status, due_at, lease FROM deliveries
  WHERE (due_at IS NOT NULL OR lease IS NOT NULL OR status = 'pending')
    AND job_id NOT IN (SELECT value FROM json_each(?))`
