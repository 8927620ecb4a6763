/**
 * The CPU time that a new isolate takes to start: to compile the deployed bundle and to evaluate it. The runtime's own
 * start is subtracted: that of a Worker without code, started in alternation.
 */
import { rmSync } from 'node:fs'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { bundleWorker } from '../../src/dev/local/bundle.ts'
import { cpuMsOfThreads, runtimeProcesses } from './process.ts'

const folder = '.wrangler/bench-start'
const emptyWorker = 'export default { fetch: () => new Response() }'

export interface StartUp {
  minMs: number
  medianMs: number
}

export async function measureStartUp(rounds = 15): Promise<StartUp> {
  const { script } = await bundleWorker(folder)
  rmSync(folder, { recursive: true, force: true })
  const empty: number[] = []
  const reelhook: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    empty.push(await startOf(emptyWorker))
    reelhook.push(await startOf(script))
  }
  return {
    minMs: Math.min(...reelhook) - Math.min(...empty),
    medianMs: medianOf(reelhook) - medianOf(empty),
  }
}

async function startOf(contents: string): Promise<number> {
  const others = runtimeProcesses()
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: 'started',
      compatibilityDate: '2026-11-01',
      modules: [{ type: 'ESModule', path: 'index.js', contents }],
    }),
  )
  await miniflare.ready
  const started = runtimeProcesses().filter((pid) => !others.includes(pid))
  const ms = started.reduce((sum, pid) => sum + cpuMsOfThreads(pid), 0)
  await miniflare.dispose()
  return ms
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

if (import.meta.main) console.table(await measureStartUp())
