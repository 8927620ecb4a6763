/** The Worker as it runs on this machine: the deployed one, whose queue consumers run in parallel as on Cloudflare. */
import worker from '../../index.ts'
import { inParallel } from './parallel-batches.ts'

export default {
  ...worker,
  queue: inParallel(async (batch, env, execution) => worker.queue?.(batch, env, execution)),
} satisfies ExportedHandler<Env>
