/** Bundles the Worker, applies the migrations, and runs it on this machine. */
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

/** A free port. The Worker must know its address before it starts. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('There is no free port.')
  return address.port
}
