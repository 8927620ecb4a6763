/**
 * The Worker under test, with the test's world at its edges and the platform's limits. Each response is validated against
 * the OpenAPI document.
 */
import { createWorker } from '../../src/worker.ts'
import { checkResponse } from './contract.ts'
import { limitConnections } from './platform/connections.ts'
import { world } from './world.ts'

const reelhook = limitConnections(world.edges, createWorker)

/**
 * The platform counts tests of receivers by real minutes. The files share the admin key, and each of them begins with none. One
 * environment stays one object, because the Worker remembers what it has read from it.
 */
function withOwnCounter(env: Env): Env {
  const { RECEIVER_TESTS } = env
  const own = environments.get(env) ?? {
    ...env,
    RECEIVER_TESTS: { limit: ({ key }) => RECEIVER_TESTS.limit({ key: `${world.id} ${key}` }) },
  }
  environments.set(env, own)
  return own
}

const environments = new WeakMap<Env, Env>()

/** The batches of messages that the Worker has processed until now, and those that it is processing. */
export const processed = { batches: 0, running: 0 }

export default {
  ...reelhook,
  async queue(batch, env, context) {
    processed.running += 1
    try {
      await reelhook.queue?.(batch, env, context)
    } finally {
      processed.running -= 1
      processed.batches += 1
    }
  },
  async fetch(request, env, context) {
    const response = await reelhook.fetch?.(request, withOwnCounter(env), context)
    if (response === undefined) throw new Error('the Worker has no fetch')
    await checkResponse(request, response)
    return response
  },
} satisfies ExportedHandler<Env>
