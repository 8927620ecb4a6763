/** The floor Worker, metered. */
import { inParallel } from '../../../src/dev/runtime/parallel-batches.ts'
import { floor } from './floor.ts'
import { meter } from './meter.ts'

const metered = meter(floor)

export default {
  ...metered,
  queue: inParallel(async (batch, env, execution) => metered.queue?.(batch, env, execution)),
} satisfies ExportedHandler<Env>
