/** One life of the Worker, in a process of its own so that it can be killed: a file of settings in, its address out. */
import { appendFileSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { runWorker } from '../../src/dev/local/runtime.ts'

const [bundleFile = '', lifeFile = ''] = process.argv.slice(2)
const { folder, port, variables, logFile } = JSON.parse(readFileSync(lifeFile, 'utf8'))
const worker = await runWorker(JSON.parse(readFileSync(bundleFile, 'utf8')), {
  folder,
  port,
  variables,
  // Not buffered: it is killed at any moment.
  onLog: (line) => appendFileSync(logFile, `${line}\n`),
})
// The cron trigger fires when the harness says so; and two at once, which must be harmless.
createInterface(process.stdin).on('line', () => void Promise.allSettled([worker.sweep(), worker.sweep()]))
console.log(worker.url)
