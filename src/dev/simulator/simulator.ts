/**
 * Simulates the providers as strictly as their documents describe them, with faults on request (directives.ts). It and the
 * product import nothing from each other. Clock, timers and network are arguments (`SimulatorEdges`).
 */

import { Hono } from 'hono'
import { aimlapiRoutes } from './aimlapi/routes.ts'
import { byteplusRoutes } from './byteplus/routes.ts'
import { GatewayResponse } from './connection-lost.ts'
import { crunRoutes } from './crun/routes.ts'
import { falRoutes } from './fal/routes.ts'
import { mediaOf, type SimulatedMedia } from './media.ts'
import { mediaRoutes } from './media-routes.ts'
import { runwareRoutes } from './runware/routes.ts'
import { scenarioRoutes } from './scenario/routes.ts'
import { cancelTask, type SimulatedTask } from './task.ts'
import { createWorld, type LogLine, type SimulatorEdges } from './world.ts'

export { ConnectionLost } from './connection-lost.ts'
export type { SimulatorEdges } from './world.ts'

export interface Simulator {
  /** Rejects with ConnectionLost if a real connection would be reset or never get a response. */
  fetch: (request: Request) => Promise<Response>
  /** Every accepted task; each is billed unless it fails. */
  tasks: () => readonly SimulatedTask[]
  log: () => readonly LogLine[]
  /** As the owner of the account can on the provider's site, whether or not its API can. */
  cancel: (taskId: string) => void
  /** The media that an output's link serves without faults. Each `stream` is new. */
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
  app.route('/byteplus', byteplusRoutes(world))
  app.route('/fal', falRoutes(world))
  app.route('/media', mediaRoutes(world))
  app.get('/simulator/bills', (c) => c.json(tasks()))
  app.get('/simulator/log', (c) => c.json(log()))
  // Hono would turn a lost connection into a 500 response.
  app.onError((error) => {
    if (error instanceof GatewayResponse) return error.response()
    throw error
  })

  return {
    fetch: async (request) => app.fetch(request),
    tasks,
    log,
    cancel: (taskId) => {
      const task = world.tasks.get(taskId)
      if (task !== undefined) cancelTask(task, edges.now())
    },
    mediaOf: (outputId) => {
      const entry = world.outputs.get(outputId)
      return entry && mediaOf(entry.output, edges.picture)
    },
  }
}
