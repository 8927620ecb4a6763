/** The Worker under test, with the test's world at its edges. Each response is validated against the OpenAPI document. */
import { createWorker } from '../../src/worker.ts'
import { checkResponse } from './contract.ts'
import { world } from './world.ts'

const reelhook = createWorker(world.edges)

export default {
  ...reelhook,
  async fetch(request, env, context) {
    const response = await reelhook.fetch?.(request, env, context)
    if (response === undefined) throw new Error('the Worker has no fetch')
    await checkResponse(request, response)
    return response
  },
} satisfies ExportedHandler<Env>
