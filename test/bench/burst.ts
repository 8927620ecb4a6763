/**
 * npm run bench:burst: thousands of concurrent posts to the local Worker with the simulator. Every response must be 202, or
 * 429 or 503 with Retry-After, after which the post is repeated with its Idempotency-Key. Then the queue must drain, every
 * job must succeed with one bill, and every caller must be notified. It exits with 0 only if all of this holds.
 *
 *   npm run bench:burst -- 5000          posts, with as many API keys as their rate limit requires
 *   npm run bench:burst -- 1500 2        with two API keys: some posts get 429 and are repeated
 *   npm run bench:burst -- 1000 2 20     with at most 20 concurrent tasks at each provider
 */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { type CallbackServer, startCallbackServer } from '../../src/dev/local/callback-server.ts'
import { createClient } from '../../src/dev/local/client.ts'
import { variablesFor } from '../../src/dev/local/stage.ts'
import { freePort, startWorker } from '../../src/dev/local/worker.ts'
import { simulatedKeys } from '../../src/dev/simulated-accounts.ts'
import { startSimulator } from '../../src/dev/simulator/server.ts'
import type { Simulator } from '../../src/dev/simulator/simulator.ts'

const folder = '.wrangler/burst'
const apiKeySchema = z.object({ key: z.string() })
const postsPerKey = 500
const connections = 100
const timeoutMs = 60 * 60_000
const [posts = 5_000, keyCount = Math.ceil(posts / postsPerKey), limit] = process.argv.slice(2).map(Number)

interface ReceivedResponse {
  status: number
  ms: number
}

await main()

async function main() {
  rmSync(folder, { recursive: true, force: true })
  const simulator = await startSimulator({ port: 0, keys: simulatedKeys })
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
  const responses: ReceivedResponse[] = []
  const ids = await postAll(responses, (n) => ({
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
  console.log(`${acceptedAfter}: ${ids.length} jobs accepted`)
  await untilNotified(callbacks, ids, since)
  const drainedAfter = since()

  report(responses, acceptedAfter, drainedAfter)
  const breaches = breachesOf(responses, ids, callbacks, simulator.simulator)
  for (const breach of breaches) console.error(`BREACH: ${breach}`)
  process.exitCode = breaches.length === 0 ? 0 : 1
  await worker.stop()
  await callbacks.close()
  await simulator.close()
}

async function makeKeys(url: string, adminApiKey: string): Promise<string[]> {
  const client = createClient(url, adminApiKey)
  const created = await Promise.all(
    Array.from({ length: keyCount }, (_, n) => client.post('/v1/api-keys', { name: `burst ${n}` })),
  )
  return created.map((apiKey) => apiKeySchema.parse(apiKey).key)
}

/** Posts every job over parallel connections, repeats each post until it is accepted, and returns the job ids. */
async function postAll(
  responses: ReceivedResponse[],
  aPost: (n: number) => { url: string; apiKey: string; body: unknown },
): Promise<string[]> {
  const ids: string[] = []
  let next = 0
  const connection = async () => {
    for (let n = next++; n < posts; n = next++) ids.push(await postUntilAccepted(responses, aPost(n)))
  }
  await Promise.all(Array.from({ length: connections }, connection))
  return ids
}

async function postUntilAccepted(
  responses: ReceivedResponse[],
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
    responses.push({ status: response.status, ms: performance.now() - sentAt })
    if (response.status === 202) return JSON.parse(text).id
    const seconds = Number(response.headers.get('retry-after'))
    if (![429, 503].includes(response.status) || !(seconds > 0))
      throw new Error(`${response.status}: ${text}`)
    await wait(seconds * 1_000)
  }
}

async function untilNotified(callbacks: CallbackServer, ids: string[], since: () => string): Promise<void> {
  const deadline = Date.now() + timeoutMs
  const notified = () => new Set(callbacks.received.map(({ jobId }) => jobId)).size
  for (let round = 0; notified() < ids.length && Date.now() < deadline; round++) {
    if (round % 20 === 0) console.log(`${since()}: ${notified()} of ${ids.length} callers notified`)
    await wait(500)
  }
}

function report(responses: ReceivedResponse[], acceptedAfter: string, drainedAfter: string): void {
  const count = (status: number) => responses.filter((response) => response.status === status).length
  const times = responses.filter(({ status }) => status === 202).map(({ ms }) => ms)
  times.sort((a, b) => a - b)
  const percentile = (share: number) => Math.round(times[Math.ceil(times.length * share) - 1] ?? Number.NaN)
  console.table([
    {
      posts,
      keys: keyCount,
      connections,
      202: count(202),
      429: count(429),
      503: count(503),
      'POST p50 ms': percentile(0.5),
      'POST p95 ms': percentile(0.95),
      'all accepted after': acceptedAfter,
      'all notified after': drainedAfter,
    },
  ])
}

function breachesOf(
  responses: ReceivedResponse[],
  ids: string[],
  callbacks: CallbackServer,
  simulator: Simulator,
): string[] {
  const deliveries = new Map(callbacks.received.map((received) => [received.jobId, received]))
  const bills = Map.groupBy(simulator.tasks(), ({ webhookUrl }) => webhookUrl?.split('/').at(-2))
  const others = responses.filter(({ status }) => ![202, 429, 503].includes(status)).length
  const maxConcurrent = Math.max(
    ...['runware', 'crun'].map((provider) => maxConcurrentTasks(simulator, provider)),
  )
  console.log(`At most ${maxConcurrent} tasks ran at one provider at the same time.`)
  return [
    ...(others > 0 ? [`${others} posts got another status`] : []),
    ...(new Set(ids).size === posts ? [] : [`${new Set(ids).size} jobs for ${posts} posts`]),
    ...(limit !== undefined && maxConcurrent > limit
      ? [`${maxConcurrent} tasks ran at one provider at the same time`]
      : []),
    ...ids.flatMap((id) => {
      const { type = 'nothing', verified = false } = deliveries.get(id) ?? {}
      const billed = bills.get(id)?.length ?? 0
      return type === 'job.succeeded' && verified && billed === 1 ? [] : [`${id}: ${type}, ${billed} bills`]
    }),
  ]
}

function maxConcurrentTasks(simulator: Simulator, provider: string): number {
  const moments = simulator
    .tasks()
    .filter((task) => task.provider === provider)
    .flatMap(({ acceptedAt, endsAt }) => [
      { at: acceptedAt, change: 1 },
      { at: endsAt, change: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.change - b.change)
  let count = 0
  let max = 0
  for (const { change } of moments) {
    count += change
    max = Math.max(max, count)
  }
  return max
}
