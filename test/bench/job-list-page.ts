/**
 * How fast the page with the list of jobs answers, with 100,000 jobs in the database: node test/bench/job-list-page.ts
 * It prints the time to the first byte of 100 requests for each filter, and the CPU time of one, beside those of GET /v1/jobs
 * with the same filter.
 */
import { rmSync } from 'node:fs'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { bundleWorker, migrateTables } from '../../src/dev/local/bundle.ts'
import { runWorker } from '../../src/dev/local/runtime.ts'
import { variablesFor } from '../../src/dev/local/stage.ts'
import { freePort } from '../../src/dev/local/worker.ts'
import { manyJobs } from '../support/many-rows.ts'
import { newProcess } from './copy-paths.ts'
import { cpuMs, runtimeProcesses } from './process.ts'
import { percentileOf } from './statistics.ts'

const folder = '.wrangler/bench-job-list'
const count = 100_000
const requests = 100
const apiKey = 'a'.repeat(32)
const filters = [
  '',
  '?status=succeeded',
  '?status=canceled',
  '?provider=crun',
  '?model=seedance-2.0',
  '?metadata=color%3Dblue',
  '?metadata=color%3Dred',
  '?metadata=color%3Dred&status=canceled',
  '?created_before=1970-01-01T01:00:00Z',
  '?limit=100',
]

const request = JSON.stringify({
  model: 'seedance-2.0-mini',
  prompt: 'A paper boat drifts down a rainy gutter. '.repeat(20),
})
const video = `'key', 'video/mp4', 2700000, '${'0'.repeat(64)}'`

/** The rows of test/support are partly unsettled, which would be work for the Worker, and have no tasks and videos. */
const ended = [
  `UPDATE jobs SET settled_at = created_at, request = '${request}',
    status = CASE status WHEN 'queued' THEN 'succeeded' WHEN 'generating' THEN 'failed' WHEN 'storing' THEN 'failed' ELSE status END`,
  `INSERT INTO tasks (job_id, n, provider, client_reference, provider_task_id, wanted, status, attempts, intended_at)
    SELECT id, 0, provider, id, id, 1, 'succeeded', 1, created_at FROM jobs`,
  `INSERT INTO outputs (job_id, n, task_n, remote_id, source_url, status, attempts, key, content_type, bytes, sha256)
    SELECT id, 0, 0, id, '', 'stored', 1, ${video} FROM jobs`,
]
/** The local runtime fails if one statement writes much. */
const rowsAtOnce = 5_000

rmSync(folder, { recursive: true, force: true })
const [bundle] = await Promise.all([bundleWorker(folder), migrateTables(folder)])
await fill()
const port = await freePort()
const variables = variablesFor(port, 'http://127.0.0.1:9', {
  signingSecret: 's'.repeat(32),
  adminApiKey: apiKey,
})
const processes = runtimeProcesses()
const worker = await runWorker(bundle, { folder, port, variables, onLog: () => undefined })
const pid = newProcess(processes)
try {
  const cookie = await signIn()
  for (const filter of filters) {
    const page = await measure(`/jobs${filter}`, { cookie })
    const query = filter.replace(/metadata=(\w+)%3D/, 'metadata[$1]=')
    const list = await measure(`/v1/jobs${query}`, { authorization: `Bearer ${apiKey}` })
    console.log(`${filter || 'no filter'}: page ${page}; GET /v1/jobs ${list}`)
  }
} finally {
  await worker.stop()
  rmSync(folder, { recursive: true, force: true })
}

/** Ended jobs, each with a task and a video. The Worker does not run yet. */
async function fill() {
  const options = { ...bundle.options, name: 'fill', modules: true, script: 'export default {}' }
  const runtime = new Miniflare(
    convertV4MiniflareOptions({ ...options, resourcePersistencePath: `${folder}/v3` }),
  )
  const database = await runtime.getD1Database('DB')
  for (const statement of manyJobs(count)) await database.prepare(statement).run()
  for (const statement of ended) {
    for (let last = 0; last < count; last += rowsAtOnce) {
      await database
        .prepare(`${statement} WHERE rowid > ? AND rowid <= ?`)
        .bind(last, last + rowsAtOnce)
        .run()
    }
  }
  await runtime.dispose()
}

async function signIn(): Promise<string> {
  const response = await fetch(`${worker.url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: worker.url },
    body: new URLSearchParams({ api_key: apiKey, next: '/jobs' }),
  })
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

async function measure(path: string, headers: Record<string, string>): Promise<string> {
  const times: number[] = []
  const cpuBefore = cpuMs(pid)
  for (let n = 0; n < requests; n += 1) {
    const startedAt = performance.now()
    const response = await fetch(`${worker.url}${path}`, { headers, redirect: 'manual' })
    times.push(performance.now() - startedAt)
    await response.text()
    if (response.status !== 200) throw new Error(`${path} returned ${response.status}`)
  }
  const cpu = (cpuMs(pid) - cpuBefore) / requests
  return `p50 ${percentileOf(times, 0.5).toFixed(0)} ms, p95 ${percentileOf(times, 0.95).toFixed(0)} ms, CPU ${cpu.toFixed(1)} ms`
}
