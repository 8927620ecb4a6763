/**
 * npm run bench:burst: thousands of posts at once against the local Worker, the simulator behind it. Every answer must
 * be 202, or 429 or 503 with Retry-After, after which the post is repeated under its Idempotency-Key; then the queue
 * must drain, every job succeed with one bill, and every caller be told. Exits 0 only when all of it holds.
 *
 *   npm run bench:burst -- 5000          posts, by as many API keys as their rate limit asks for
 *   npm run bench:burst -- 1500 2        by two API keys: some posts are answered with 429 and come again
 *   npm run bench:burst -- 1000 2 20     with at most 20 tasks at each provider at once
 */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { type CallbackServer, startCallbackServer } from '../../src/dev/local/callback-server.ts'
import { createClient } from '../../src/dev/local/client.ts'
import { keys, variablesFor } from '../../src/dev/local/stage.ts'
import { freePort, startWorker } from '../../src/dev/local/worker.ts'
import { startSimulator } from '../../src/dev/simulator/server.ts'
import type { Simulator } from '../../src/dev/simulator/simulator.ts'

const folder = '.wrangler/burst'
const postsPerKey = 500
const connections = 100
const patienceMs = 60 * 60_000
const [posts = 5_000, keyCount = Math.ceil(posts / postsPerKey), limit] = process.argv.slice(2).map(Number)

interface Answer {
  status: number
  ms: number
}

await main()

async function main() {
  rmSync(folder, { recursive: true, force: true })
  const simulator = await startSimulator({ port: 0, keys })
  const callbackSecret = `whsec_${randomBytes(32).toString('base64')}`
  const callbacks = await startCallbackServer(callbackSecret)
  const port = await freePort()
  const secrets = { signingSecret: 's'.repeat(32), adminApiKey: 'a'.repeat(32) }
  const limits =
    limit === undefined ? {} : { RUNWARE_MAX_CONCURRENT: `${limit}`, CRUN_MAX_CONCURRENT: `${limit}` }
  const variables = { ...variablesFor(port, simulator.url, secrets), ...limits }
  const worker = await startWorker({ folder, port, variables, onLog: () => undefined })
  const apiKeys = await makeKeys(worker.url, secrets.adminApiKey)

  const startedAt = Date.now()
  const since = () => `${((Date.now() - startedAt) / 1_000).toFixed(1)} s`
  const answers: Answer[] = []
  const ids = await postAll(answers, (n) => ({
    url: `${worker.url}/v1/jobs`,
    apiKey: apiKeys[n % apiKeys.length] ?? '',
    body: {
      model: 'seedance-2.0-mini',
      prompt: `Paper boat number ${n}`,
      provider: n % 2 === 0 ? 'runware' : 'crun',
      callback_url: callbacks.url,
      callback_secret: callbackSecret,
      deadline_seconds: 7_200,
    },
  }))
  const acceptedAfter = since()
  console.log(`${acceptedAfter}: ${ids.length} jobs were accepted`)
  await untilTold(callbacks, ids, since)
  const drainedAfter = since()

  report(answers, acceptedAfter, drainedAfter)
  const breaches = breachesOf(answers, ids, callbacks, simulator.simulator)
  for (const breach of breaches) console.error(`BREACH: ${breach}`)
  process.exitCode = breaches.length === 0 ? 0 : 1
  await worker.stop()
  await callbacks.close()
  await simulator.close()
}

async function makeKeys(url: string, adminApiKey: string): Promise<string[]> {
  const client = createClient(url, adminApiKey)
  const made = await Promise.all(
    Array.from({ length: keyCount }, (_, n) => client.post('/v1/api-keys', { name: `burst ${n}` })),
  )
  return made.map((apiKey) => (apiKey as { key: string }).key)
}

/** Posts everything over so many connections, each post again and again until it is accepted: the ids of the jobs. */
async function postAll(
  answers: Answer[],
  aPost: (n: number) => { url: string; apiKey: string; body: unknown },
): Promise<string[]> {
  const ids: string[] = []
  let next = 0
  const connection = async () => {
    for (let n = next++; n < posts; n = next++) ids.push(await insist(answers, aPost(n)))
  }
  await Promise.all(Array.from({ length: connections }, connection))
  return ids
}

async function insist(
  answers: Answer[],
  { url, apiKey, body }: { url: string; apiKey: string; body: unknown },
): Promise<string> {
  const headers = {
    authorization: `Bearer ${apiKey}`,
    'content-type': 'application/json',
    'idempotency-key': crypto.randomUUID(),
  }
  for (;;) {
    const sentAt = performance.now()
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    const text = await response.text()
    answers.push({ status: response.status, ms: performance.now() - sentAt })
    if (response.status === 202) return JSON.parse(text).id
    const seconds = Number(response.headers.get('retry-after'))
    if (![429, 503].includes(response.status) || !(seconds > 0))
      throw new Error(`${response.status}: ${text}`)
    await wait(seconds * 1_000)
  }
}

async function untilTold(callbacks: CallbackServer, ids: string[], since: () => string): Promise<void> {
  const giveUpAt = Date.now() + patienceMs
  const told = () => new Set(callbacks.received.map(({ jobId }) => jobId)).size
  for (let round = 0; told() < ids.length && Date.now() < giveUpAt; round++) {
    if (round % 20 === 0) console.log(`${since()}: ${told()} of ${ids.length} callers were told`)
    await wait(500)
  }
}

function report(answers: Answer[], acceptedAfter: string, drainedAfter: string): void {
  const count = (status: number) => answers.filter((answer) => answer.status === status).length
  const times = answers.filter(({ status }) => status === 202).map(({ ms }) => ms)
  times.sort((a, b) => a - b)
  const percentile = (share: number) => Math.round(times[Math.ceil(times.length * share) - 1] ?? Number.NaN)
  console.table([
    {
      posts,
      keys: keyCount,
      'at once': connections,
      202: count(202),
      429: count(429),
      503: count(503),
      'POST p50 ms': percentile(0.5),
      'POST p95 ms': percentile(0.95),
      'all accepted after': acceptedAfter,
      'all told after': drainedAfter,
    },
  ])
}

function breachesOf(
  answers: Answer[],
  ids: string[],
  callbacks: CallbackServer,
  simulator: Simulator,
): string[] {
  const told = new Map(callbacks.received.map((received) => [received.jobId, received]))
  const bills = Map.groupBy(simulator.tasks(), ({ webhookUrl }) => webhookUrl?.split('/').at(-2))
  const others = answers.filter(({ status }) => ![202, 429, 503].includes(status)).length
  const most = Math.max(...['runware', 'crun'].map((provider) => mostAtOnce(simulator, provider)))
  console.log(`At most ${most} tasks were at one provider at once.`)
  return [
    ...(others > 0 ? [`${others} posts were answered with something else`] : []),
    ...(new Set(ids).size === posts ? [] : [`${new Set(ids).size} jobs for ${posts} posts`]),
    ...(limit !== undefined && most > limit ? [`${most} tasks were at one provider at once`] : []),
    ...ids.flatMap((id) => {
      const { type = 'nothing', verified = false } = told.get(id) ?? {}
      const billed = bills.get(id)?.length ?? 0
      return type === 'job.succeeded' && verified && billed === 1 ? [] : [`${id}: ${type}, ${billed} bills`]
    }),
  ]
}

function mostAtOnce(simulator: Simulator, provider: string): number {
  const moments = simulator
    .tasks()
    .filter((task) => task.provider === provider)
    .flatMap(({ acceptedAt, endsAt }) => [
      { at: acceptedAt, change: 1 },
      { at: endsAt, change: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.change - b.change)
  let count = 0
  let most = 0
  for (const { change } of moments) {
    count += change
    most = Math.max(most, count)
  }
  return most
}
