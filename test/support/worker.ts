/** The Worker under test: the whole product, with the test's world at its edges and every response checked. */
import { createWorker } from '../../src/worker.ts'
import { checkResponse } from './contract.ts'
import { world } from './world.ts'

const reelhook = createWorker(world.edges)

export default {
  ...reelhook,
  async fetch(request, env, context) {
    const answer = await reelhook.fetch?.(request, env, context)
    if (answer === undefined) throw new Error('the Worker has no fetch')
    await checkResponse(request, answer)
    return answer
  },
} satisfies ExportedHandler<Env>
