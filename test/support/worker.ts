/** The Worker under test: the product whole, with the test's world at its edges, its answers held to its contract. */
import { createWorker } from '../../src/worker.ts'
import { holdAnswer } from './contract.ts'
import { world } from './world.ts'

const reelhook = createWorker(world.edges)

export default {
  ...reelhook,
  async fetch(request, env, context) {
    const answer = await reelhook.fetch?.(request, env, context)
    if (answer === undefined) throw new Error('the Worker has no fetch')
    await holdAnswer(request, answer)
    return answer
  },
} satisfies ExportedHandler<Env>
