/**
 * npm run chaos: ten jobs, and a Worker that is killed with SIGKILL in the middle of them and started again.
 * The laws are checked against the simulator's and the callback server's own records. Exits 0 only when all hold.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import type { JobView } from '../../src/core/view.ts'
import { startCallbackServer } from '../../src/local/callback-server.ts'
import { type Client, createClient } from '../../src/local/client.ts'
import { keys, variablesFor } from '../../src/local/stage.ts'
import { freePort } from '../../src/local/worker.ts'
import { startSimulator } from '../../src/simulator/server.ts'

const folder = '.wrangler/chaos'
const jobCount = 10
// The moments of the kills: while submitting, while generating, as soon as the first copy is under way or done.
const moments: ((jobs: JobView[], sinceMs: number) => boolean)[] = [
  () => true,
  (_, sinceMs) => sinceMs > 2_500,
  (jobs) => jobs.some(({ status }) => status !== 'queued' && status !== 'generating'),
]
const patienceMs = 240_000

await main()

async function main() {
  rmSync(folder, { recursive: true, force: true })
  const simulator = await startSimulator({ port: 0, keys, pace: { queuedMs: 500, runningMs: 9_000 } })
  const callbackSecret = `whsec_${randomBytes(32).toString('base64')}`
  const callbacks = await startCallbackServer(callbackSecret)
  const port = await freePort()
  const secrets = {
    signingSecret: randomBytes(32).toString('hex'),
    adminApiKey: randomBytes(16).toString('hex'),
  }
  const settings = { folder, port, variables: variablesFor(port, simulator.url, secrets) }
  const client = createClient(`http://127.0.0.1:${port}`, secrets.adminApiKey)
  const startedAt = Date.now()
  const say = (what: string) =>
    console.log(`${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${what}`)

  let worker = await startProcess(settings)
  const jobs = await postJobs(client, callbacks.url, callbackSecret)
  say(`${jobs.length} jobs accepted`)
  for (const isMoment of moments) {
    say(`statuses: ${tally(await until(client, jobs, isMoment))}`)
    await kill(worker)
    say('killed with SIGKILL')
    worker = await startProcess(settings)
    say('started again')
  }
  const settled = await untilSettled(client, jobs)
  say(`statuses: ${tally(settled)}`)
  while (callbacks.received.length < jobCount && Date.now() - startedAt < patienceMs) await wait(500)

  const breaches = settled.flatMap((job) => {
    const told = callbacks.received.filter(({ jobId }) => jobId === job.id)
    const events = new Set(told.map(({ eventId }) => eventId))
    const bills = simulator.simulator.tasks().filter(({ webhookUrl }) => webhookUrl?.includes(job.id))
    const isTold = events.size === 1 && told.every(({ verified }) => verified)
    const wonBy = job.tasks.map(({ won_by }) => won_by).join()
    console.log(
      `  ${job.id}  ${job.provider.padEnd(8)} ${job.status}  bills ${bills.length}  events ${events.size} in ${told.length} attempt(s)  won by ${wonBy}`,
    )
    return [
      ...(isHonest(job) ? [] : [`${job.id} is ${job.status}: ${job.fault?.code}`]),
      ...(isTold ? [] : [`${job.id} was told ${events.size} events`]),
      ...(bills.length <= 1 ? [] : [`${job.id} was billed ${bills.length} times`]),
    ]
  })
  await kill(worker)
  await callbacks.close()
  await simulator.close()
  for (const breach of breaches) console.error(`BREACH: ${breach}`)
  say(`${moments.length} kills, ${jobCount} jobs, ${breaches.length} breaches`)
  process.exitCode = breaches.length === 0 ? 0 : 1
}

/**
 * Killed between the ledger line and the call to Crun, nobody can tell whether it was bought: the job says so at its
 * deadline, rather than buy again. Every other job must have its video.
 */
function isHonest(job: JobView): boolean {
  return job.status === 'succeeded' || (job.provider === 'crun' && job.fault?.code === 'submit_unknown')
}

async function startProcess(settings: unknown): Promise<ChildProcess> {
  const script = new URL('./kill-process.ts', import.meta.url).pathname
  // A group of its own, so that the runtime's process dies with it.
  const child = spawn(process.execPath, [script, JSON.stringify(settings)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(createInterface(child.stdout), 'line')
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) throw new Error('the Worker has no process')
  const ended = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await ended
}

function postJobs(client: Client, callbackUrl: string, callbackSecret: string): Promise<JobView[]> {
  const requests = Array.from({ length: jobCount }, (_, index) => ({
    model: 'seedance-2.0-mini',
    prompt: `Paper boat number ${index}`,
    provider: index % 2 === 0 ? 'runware' : 'crun',
    callback_url: callbackUrl,
    callback_secret: callbackSecret,
    deadline_seconds: 150,
  }))
  return Promise.all(requests.map((request) => client.postJob(request)))
}

function showAll(client: Client, jobs: JobView[]): Promise<JobView[]> {
  return Promise.all(jobs.map(({ id }) => client.job(id)))
}

function untilSettled(client: Client, jobs: JobView[]): Promise<JobView[]> {
  return until(client, jobs, (shown) => shown.every(({ settled_at }) => settled_at !== null))
}

/** Shows the jobs again and again until they are as wanted, or patience is over. */
async function until(
  client: Client,
  jobs: JobView[],
  isAsWanted: (jobs: JobView[], sinceMs: number) => boolean,
) {
  const startedAt = Date.now()
  for (;;) {
    const shown = await showAll(client, jobs)
    const sinceMs = Date.now() - startedAt
    if (isAsWanted(shown, sinceMs) || sinceMs > patienceMs) return shown
    await wait(20)
  }
}

function tally(jobs: JobView[]): string {
  const counts = Map.groupBy(jobs, ({ status }) => status)
  return [...counts].map(([status, all]) => `${all.length} ${status}`).join(', ')
}
