/** The process of one life: reads its settings from a file and prints the Worker's URL. */
import { appendFileSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { runWorker } from '../../../src/dev/local/runtime.ts'

const [bundleFile = '', lifeFile = ''] = process.argv.slice(2)
const { folder, port, variables, logFile } = JSON.parse(readFileSync(lifeFile, 'utf8'))
const worker = await runWorker(JSON.parse(readFileSync(bundleFile, 'utf8')), {
  folder,
  port,
  variables,
  // Unbuffered, because the process may be killed at any moment.
  onLog: (line) => appendFileSync(logFile, `${line}\n`),
})
// The harness fires the cron trigger. Two sweeps at the same time must be harmless.
createInterface(process.stdin).on('line', () => void Promise.allSettled([worker.sweep(), worker.sweep()]))
console.log(worker.url)
