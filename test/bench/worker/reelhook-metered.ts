/** Reelhook, metered. */
import { inParallel } from '../../../src/dev/runtime/parallel-batches.ts'
import reelhook from '../../../src/index.ts'
import { meter } from './meter.ts'

const metered = meter(reelhook)

export default {
  ...metered,
  queue: inParallel(async (batch, env, execution) => metered.queue?.(batch, env, execution)),
} satisfies ExportedHandler<Env>
