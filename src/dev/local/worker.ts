/** Bundles the Worker, applies the migrations, and runs it on this machine. */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { type Bundle, bundleWorker, migrateTables } from './bundle.ts'
import { type LocalWorker, runWorker, type Settings } from './runtime.ts'

export async function startWorker(settings: Settings): Promise<LocalWorker> {
  const [bundle] = await Promise.all([bundleWorker(settings.folder), migrateTables(settings.folder)])
  return startBundle(bundle, settings)
}

/** Runs the bundle, and resumes the work of the last process in this folder. */
export async function startBundle(bundle: Bundle, settings: Settings): Promise<LocalWorker> {
  const worker = await runWorker(bundle, settings)
  await worker.sweep()
  return worker
}

/**
 * A free port: the Worker must know its address before it starts. It is below the ports that systems give to outgoing
 * connections, so none of those takes it in the meantime.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_000)
  const server = createServer()
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  if (!isFree) return freePort()
  await new Promise((resolve) => server.close(resolve))
  return port
}
