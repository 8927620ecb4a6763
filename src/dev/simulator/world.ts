import { ConnectionLost, GatewayAnswer } from './connection-lost.ts'
import type { Upload } from './scenario/upload.ts'
import type { ProviderName, SimulatedOutput, SimulatedTask } from './task.ts'

export interface SimulatorEdges {
  /** Where the simulator is reached, e.g. `http://127.0.0.1:4100`; media links are made from it. */
  baseUrl: string
  /** A small real MP4, the beginning of every output. */
  picture: Uint8Array
  /** How it calls webhooks. */
  fetch: (request: Request) => Promise<Response>
  /** Epoch milliseconds. */
  now: () => number
  after: (delayMs: number, run: () => Promise<void>) => void
  /** How long a task is pending, and then running. */
  pace: { queuedMs: number; runningMs: number }
  /** The only keys it accepts; a provider without one accepts none. Scenario's is `key:secret`. */
  keys: { runware: string; crun: string; scenario?: string; aimlapi?: string }
}

export interface LogLine {
  at: number
  provider: ProviderName
  what:
    | 'submit.accepted'
    | 'submit.refused'
    | 'submit.lost'
    | 'status.asked'
    | 'tasks.listed'
    | 'webhook.sent'
    | 'webhook.unreachable'
    | 'media.served'
    | 'media.refused'
    | 'upload.sent'
    | 'upload.unreachable'
    // Uploads to Scenario, whose ids stand in the place of a task's.
    | 'import.announced'
    | 'import.sent'
    | 'import.asked'
  taskId?: string
  /** The HTTP status the simulator answered, or for a webhook the status it got. */
  status?: number
}

/** Everything the simulator remembers. */
export interface World {
  edges: SimulatorEdges
  tasks: Map<string, SimulatedTask>
  outputs: Map<string, { task: SimulatedTask; output: SimulatedOutput }>
  /** To Scenario, by their ids. */
  uploads: Map<string, Upload>
  log: LogLine[]
  /** How many times this has been asked for the name, this time included. */
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
      const reached = (counts.get(name) ?? 0) + 1
      counts.set(name, reached)
      return reached
    },
  }
}

/** From here on the task exists and is billed, whatever becomes of the answer. */
export function accept(world: World, task: SimulatedTask): void {
  world.tasks.set(task.taskId, task)
  for (const output of task.outputs) world.outputs.set(output.outputId, { task, output })
  record(world, { provider: task.provider, what: 'submit.accepted', taskId: task.taskId })
}

/** A submit whose answer nobody hears. Without a task id it came to nothing; with one it is billed. */
export function loseAnswer(world: World, provider: ProviderName, taskId?: string): ConnectionLost {
  record(world, { provider, what: 'submit.lost', ...(taskId !== undefined && { taskId }) })
  return new ConnectionLost()
}

/** A submit that is billed, and whose answer a gateway replaces. */
export function replaceAnswer(
  world: World,
  { provider, taskId }: SimulatedTask,
  fault: '504-after' | 'garbage-after',
): GatewayAnswer {
  record(world, { provider, what: 'submit.lost', taskId })
  return new GatewayAnswer(fault === '504-after' ? 504 : 200)
}

export function record(world: World, line: Omit<LogLine, 'at'>): void {
  world.log.push({ at: world.edges.now(), ...line })
}
