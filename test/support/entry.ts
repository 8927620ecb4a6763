/** The Worker under test as the runtime runs it: its queue consumers run in parallel, as on Cloudflare. */
import { inParallel } from '../../src/dev/runtime/parallel-batches.ts'
import worker from './worker.ts'

export default {
  ...worker,
  queue: inParallel(async (batch, env, execution) => worker.queue?.(batch, env, execution)),
} satisfies ExportedHandler<Env>
