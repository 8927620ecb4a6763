/** The local runtime in this process. */
import { expect, it } from 'vitest'
import { runWorker } from '../../../src/dev/local/runtime.ts'

// More than the pipe between the runtime and this process holds.
const lines = 20_000
const script = `export default {
  scheduled() {
    for (let n = 0; n < ${lines}; n += 1) console.log('a line of the log of a busy Worker')
  },
}`

it('a sweep that logs a lot does not stop the runtime', async () => {
  const options = { compatibilityDate: '2026-11-01', bindings: {} } as never
  const received: string[] = []
  const worker = await runWorker(
    { script, options },
    { folder: '.wrangler/runtime-test', port: 0, variables: {}, onLog: (line) => received.push(line) },
  )
  await worker.sweep()
  await expect.poll(() => received.length).toBe(lines)
  await worker.stop()
})
