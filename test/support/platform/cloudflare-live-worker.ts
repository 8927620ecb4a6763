/**
 * The addresses of deployed Workers, for a deployment that runs as a process of its own. A module that this process loads
 * answers every request to workers.dev, as far as a smoke test sends them: the Worker is healthy, and a job has ended.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exampleJob } from '../../../src/api/description/event-examples.ts'

/** The `NODE_OPTIONS` of the process. */
export function liveWorker(folder: string): string {
  const path = join(folder, 'live-worker.mjs')
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  const video = 'the bytes of a video'
  const job = exampleJob('job.succeeded')
  const sha256 = createHash('sha256').update(video).digest('hex')
  const stored = { ...job, outputs: job.outputs.map((output) => ({ ...output, sha256, url: '/video.mp4' })) }
  const health = { status: 'ok', providers: [], version, checks: {} }
  writeFileSync(path, `const [health, job, video] = ${JSON.stringify([health, stored, video])}\n${source}`)
  return `--import=${path}`
}

const source = `
const network = globalThis.fetch
globalThis.fetch = async (input, init) => {
  const { hostname, origin, pathname } = new URL(input instanceof Request ? input.url : input)
  if (!hostname.endsWith('.workers.dev')) return network(input, init)
  const outputs = job.outputs.map((output) => ({ ...output, url: origin + output.url }))
  if (init?.method === 'DELETE') return new Response(null, { status: 204 })
  if (init?.method === 'POST') return Response.json({ ...job, outputs }, { status: 202 })
  if (pathname === '/healthz') return Response.json(health)
  return pathname === '/video.mp4' ? new Response(video) : Response.json({ ...job, outputs })
}
`
