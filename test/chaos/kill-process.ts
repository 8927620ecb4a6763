/** One Worker in a process of its own, so that it can be killed: settings in, its address out, on a line each. */
import { startWorker } from '../../src/local/worker.ts'

const { folder, port, variables } = JSON.parse(process.argv[2] ?? '{}')
const worker = await startWorker({ folder, port, variables, onLog: () => undefined })
// What the cron trigger does every minute, more often: what is overdue is found the sooner.
setInterval(() => void worker.sweep(), 2_000)
console.log(worker.url)
