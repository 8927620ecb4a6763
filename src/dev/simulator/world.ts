import { ConnectionLost, GatewayResponse } from './connection-lost.ts'
import type { ProviderName } from './provider-names.ts'
import type { Upload } from './scenario/upload.ts'
import type { SimulatedOutput, SimulatedTask } from './task.ts'

export interface SimulatorEdges {
  /** The origin of media links, e.g. `http://127.0.0.1:4100`. */
  baseUrl: string
  /** A small valid MP4, the start of every output. */
  picture: Uint8Array
  /** Calls webhooks and upload URLs. */
  fetch: (request: Request) => Promise<Response>
  /** Epoch milliseconds. */
  now: () => number
  after: (delayMs: number, run: () => Promise<void>) => void
  /** How long a task is pending, and then running. */
  pace: { queuedMs: number; runningMs: number }
  /** The accepted keys; a provider without a key refuses every request. Scenario's is `key:secret`. */
  keys: Partial<Record<ProviderName, string>>
}

export interface LogLine {
  at: number
  provider: ProviderName
  what:
    | 'submit.accepted'
    | 'submit.refused'
    | 'submit.lost'
    | 'status.polled'
    | 'tasks.listed'
    | 'task.deleted'
    | 'task.cancel_requested'
    | 'webhook.sent'
    | 'webhook.unreachable'
    | 'media.served'
    | 'media.refused'
    | 'upload.sent'
    | 'upload.unreachable'
    // Uploads to Scenario: their id replaces the task id.
    | 'import.announced'
    | 'import.sent'
    | 'import.polled'
  taskId?: string
  /** The HTTP status of the simulator's response; for a webhook, the receiver's status. */
  status?: number
}

/** The state of the simulator. */
export interface World {
  edges: SimulatorEdges
  tasks: Map<string, SimulatedTask>
  outputs: Map<string, { task: SimulatedTask; output: SimulatedOutput }>
  /** Uploads to Scenario, by id. */
  uploads: Map<string, Upload>
  log: LogLine[]
  /** Counts its calls with this name, this call included. */
  count: (name: string) => number
}

export function createWorld(edges: SimulatorEdges): World {
  const counts = new Map<string, number>()
  return {
    edges,
    tasks: new Map(),
    outputs: new Map(),
    uploads: new Map(),
    log: [],
    count: (name) => {
      const count = (counts.get(name) ?? 0) + 1
      counts.set(name, count)
      return count
    },
  }
}

/** From now on the task exists and is billed, even if the response is lost. */
export function accept(world: World, task: SimulatedTask): void {
  world.tasks.set(task.taskId, task)
  for (const output of task.outputs) world.outputs.set(output.outputId, { task, output })
  record(world, { provider: task.provider, what: 'submit.accepted', taskId: task.taskId })
}

/** The response to a submit is lost. With a task id the task was accepted and is billed. */
export function loseResponse(world: World, provider: ProviderName, taskId?: string): ConnectionLost {
  record(world, { provider, what: 'submit.lost', ...(taskId !== undefined && { taskId }) })
  return new ConnectionLost()
}

/** A gateway replaces the response to a submit that is billed. */
export function replaceResponse(
  world: World,
  { provider, taskId }: SimulatedTask,
  fault: '504-after' | 'garbage-after',
): GatewayResponse {
  record(world, { provider, what: 'submit.lost', taskId })
  return new GatewayResponse(fault === '504-after' ? 504 : 200)
}

export function record(world: World, line: Omit<LogLine, 'at'>): void {
  world.log.push({ at: world.edges.now(), ...line })
}
