/**
 * The providers, pretended as strictly as their documents speak, with faults on request.
 * It is the outside world: it imports nothing of the product, and the product does not know it exists.
 * No clock, no timers and no network of its own: all three arrive as edges.
 */

import { Hono } from 'hono'
import { aimlapiRoutes } from './aimlapi/routes.ts'
import { GatewayAnswer } from './connection-lost.ts'
import { crunRoutes } from './crun/routes.ts'
import { mediaOf, type SimulatedMedia } from './media.ts'
import { mediaRoutes } from './media-routes.ts'
import { runwareRoutes } from './runware/routes.ts'
import { scenarioRoutes } from './scenario/routes.ts'
import type { SimulatedTask } from './task.ts'
import { createWorld, type LogLine, type SimulatorEdges } from './world.ts'

export { ConnectionLost } from './connection-lost.ts'
export type { SimulatorEdges } from './world.ts'

export interface Simulator {
  /** Rejects with ConnectionLost where a real connection would be reset or never answered. */
  fetch: (request: Request) => Promise<Response>
  /** Every task ever accepted, which is every bill. */
  tasks: () => readonly SimulatedTask[]
  log: () => readonly LogLine[]
  /** What an output's link serves when nothing goes wrong: its size and, each time, a fresh stream. */
  mediaOf: (outputId: string) => SimulatedMedia | undefined
}

export function createSimulator(edges: SimulatorEdges): Simulator {
  const world = createWorld(edges)
  const tasks = () => [...world.tasks.values()]
  const log = () => [...world.log]

  const app = new Hono()
  app.route('/runware', runwareRoutes(world))
  app.route('/crun', crunRoutes(world))
  app.route('/scenario', scenarioRoutes(world))
  app.route('/aimlapi', aimlapiRoutes(world))
  app.route('/media', mediaRoutes(world))
  app.get('/simulator/bills', (c) => c.json(tasks()))
  app.get('/simulator/log', (c) => c.json(log()))
  // Hono would turn a lost connection into a 500, which is an answer.
  app.onError((error) => {
    if (error instanceof GatewayAnswer) return error.response()
    throw error
  })

  return {
    fetch: async (request) => app.fetch(request),
    tasks,
    log,
    mediaOf: (outputId) => {
      const found = world.outputs.get(outputId)
      return found && mediaOf(found.output, edges.picture)
    },
  }
}
