/** The floor Worker, with the same parallel queue consumers as Reelhook has on the local runtime. */
import { inParallel } from '../../../src/dev/runtime/parallel-batches.ts'
import { floor } from './floor.ts'

export default {
  ...floor,
  queue: inParallel(async (batch, env, execution) => floor.queue?.(batch, env, execution)),
} satisfies ExportedHandler<Env>
