/** The local runtime in this process. */
import { expect, it } from 'vitest'
import { runWorker } from '../../../src/dev/local/runtime.ts'
import { freePort } from '../../../src/dev/local/worker.ts'

// More than the pipe between the runtime and this process holds.
const lines = 20_000
const script = `export default {
  scheduled() {
    for (let n = 0; n < ${lines}; n += 1) console.log('a line of the log of a busy Worker')
  },
}`

const options = { compatibilityDate: '2026-11-01', bindings: {} } as never
const settings = { folder: '.wrangler/runtime-test', port: 0, variables: {}, onLog: () => undefined }
const answering = (word: string) => ({
  script: `export default { fetch: (_, env) => new Response('${word} ' + env.NAME), scheduled() {} }`,
  options,
})

it('a sweep that logs a lot does not stop the runtime', async () => {
  const received: string[] = []
  const worker = await runWorker({ script, options }, { ...settings, onLog: (line) => received.push(line) })
  await worker.sweep()
  await expect.poll(() => received.length).toBe(lines)
  await worker.stop()
})

it('a Worker is replaced at the same address, and runs again after a replacement that does not start', async () => {
  const port = await freePort()
  const worker = await runWorker(answering('old'), { ...settings, port, variables: { NAME: 'boat' } })
  const answer = async () => (await fetch(worker.url)).text()
  expect(await answer()).toBe('old boat')
  await worker.replace(answering('new'), { NAME: 'ship' })
  expect(await answer()).toBe('new ship')
  const broken = { script: `throw new Error('broken'); export default {}`, options }
  await expect(worker.replace(broken, {})).rejects.toThrow()
  await worker.replace(answering('old'), { NAME: 'boat' })
  expect(await answer()).toBe('old boat')
  await worker.stop()
})
