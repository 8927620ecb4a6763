/**
 * A simulated task. Its id holds all that is known of the task, with a signature: nothing is stored, and the id of no
 * other deployment is accepted. Its state is a function of time. No I/O. No clock.
 */
import { sign, signingKey, type VersionedSecret, verify } from '../core/crypto/derived-keys.ts'

/** `done` unless the prompt asks for something else: `[simulate: failed]`. */
const behaviors = ['done', 'failed', 'moderation', 'slow'] as const

type Behavior = (typeof behaviors)[number]

export interface SimulatedTask {
  /** Milliseconds since 1970. */
  startedAt: number
  outputs: number
  behavior: Behavior
}

/** How long a task runs. A webhook is posted within the 30 seconds that an invocation may last after its response. */
const runningMs: Record<Behavior, number> = { done: 2_500, failed: 2_500, moderation: 2_500, slow: 20_000 }

/** The clock of the invocation that polls because of the webhook may be a little behind. */
const webhookDelayMs = 500

export function behaviorIn(prompt: string): Behavior {
  const word = /\[simulate:\s*(\w+)\s*\]/i.exec(prompt)?.[1]?.toLowerCase()
  return behaviors.find((behavior) => behavior === word) ?? 'done'
}

/** How long after its start the webhook of a task is posted. */
export function webhookAfterMs({ behavior }: SimulatedTask): number {
  return runningMs[behavior] + webhookDelayMs
}

export async function idOf(secret: VersionedSecret, task: SimulatedTask): Promise<string> {
  // The random part separates tasks of the same millisecond.
  const nonce = crypto.randomUUID().slice(0, 8)
  const content = `sim-${task.startedAt.toString(36)}-${nonce}-${task.outputs}-${task.behavior}`
  return `${content}-${await sign(await taskKey(secret), content)}`
}

/** Null: this deployment has not issued the id. */
export async function taskNamed(secret: VersionedSecret, id: string): Promise<SimulatedTask | null> {
  const [, content, startedAt, outputs, named, signature] = idForm.exec(id) ?? []
  const behavior = behaviors.find((one) => one === named)
  if (content === undefined || startedAt === undefined || signature === undefined) return null
  if (behavior === undefined || !(await verify(await taskKey(secret), content, signature))) return null
  return { startedAt: Number.parseInt(startedAt, 36), outputs: Number(outputs), behavior }
}

const idForm = /^(sim-([0-9a-z]{1,10})-[0-9a-f]{8}-([1-4])-([a-z]+))-([\w-]{43})$/

function taskKey(secret: VersionedSecret) {
  return signingKey(secret, 'simulator tasks')
}

/** The task as a status response and a webhook show it. `videoUrl`: the URL of the output with this number. */
export function viewTask(id: string, task: SimulatedTask, nowMs: number, videoUrl: (n: number) => string) {
  const { startedAt, outputs, behavior } = task
  const elapsed = (nowMs - startedAt) / runningMs[behavior]
  if (elapsed < 1) return { id, status: 'running', progress: Math.max(0, Math.floor(100 * elapsed)) }
  switch (behavior) {
    case 'failed':
    case 'moderation':
      return { id, status: 'failed', failure: behavior }
    case 'done':
    case 'slow':
      return {
        id,
        status: 'done',
        videos: Array.from({ length: outputs }, (_, index) => videoUrl(index + 1)),
      }
  }
}
