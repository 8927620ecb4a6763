import type { Directives } from './directives.ts'
import { hasWebhookOption, type SimulatedTask } from './task.ts'
import { record, type World } from './world.ts'

/** A webhook to send. Its body is made when it is sent. */
export interface PlannedWebhook {
  at: number
  /** `progress`: sent on request only. `change`: always sent, once. */
  kind: 'progress' | 'change' | 'end'
  body: () => unknown
  /** Asked when it is due: what it announces did not happen. */
  isDropped?: () => boolean
}

/** How a provider retries its webhooks. */
export interface RetryPolicy {
  attempts: number
  isAccepted: (status: number) => boolean
  waitMs: (attempt: number) => number
  /** Further headers of one attempt, such as its signature. */
  headersOf?: (body: string) => Promise<Record<string, string>>
}

const LATE_MS = 600_000

/** Resolves when every webhook that precedes the submit response has been sent. */
export async function scheduleWebhooks(
  world: World,
  task: SimulatedTask,
  webhooks: PlannedWebhook[],
  retryPolicy: RetryPolicy,
): Promise<void> {
  const { webhookUrl, directives } = task
  if (webhookUrl === undefined || hasWebhookOption(directives, 'lost')) return
  for (const webhook of inOrder(task, webhooks)) {
    const times = webhook.kind === 'end' ? repeatsOf(directives) : 1
    const send = async () => {
      if (webhook.isDropped?.()) return
      for (let sent = 0; sent < times; sent++) {
        await deliver({
          world,
          task,
          webhookUrl,
          retryPolicy: webhook.kind === 'change' ? { ...retryPolicy, attempts: 1 } : retryPolicy,
          body: JSON.stringify(webhook.body()),
          attempt: 1,
        })
      }
    }
    if (hasWebhookOption(directives, 'early')) {
      await send()
      continue
    }
    const lateMs = webhook.kind === 'end' && hasWebhookOption(directives, 'late') ? LATE_MS : 0
    world.edges.after(webhook.at + lateMs - world.edges.now(), send)
  }
}

/** The webhooks to send, with their times. */
function inOrder({ directives, endsAt }: SimulatedTask, webhooks: PlannedWebhook[]): PlannedWebhook[] {
  const sent = hasWebhookOption(directives, 'last-lost') ? webhooks.slice(0, -1) : webhooks
  // No webhook can precede its event: all wait for the end, and are sent in reverse order.
  if (hasWebhookOption(directives, 'reversed')) {
    return sent
      .toReversed()
      .map((webhook, index) => ({ ...webhook, at: endsAt + index * BETWEEN_REVERSED_MS }))
  }
  return hasWebhookOption(directives, 'progress-first')
    ? sent
    : sent.filter(({ kind }) => kind !== 'progress')
}

const BETWEEN_REVERSED_MS = 50

function repeatsOf(directives: Directives): number {
  if (hasWebhookOption(directives, 'tripled')) return 3
  return hasWebhookOption(directives, 'doubled') ? 2 : 1
}

interface Delivery {
  world: World
  task: SimulatedTask
  webhookUrl: string
  retryPolicy: RetryPolicy
  body: string
  attempt: number
}

async function deliver(delivery: Delivery): Promise<void> {
  const { world, task, retryPolicy, attempt } = delivery
  const status = await post(delivery)
  const { provider, taskId } = task
  if (status === 'unreachable') record(world, { provider, what: 'webhook.unreachable', taskId })
  else record(world, { provider, what: 'webhook.sent', taskId, status })

  if (status !== 'unreachable' && retryPolicy.isAccepted(status)) return
  if (attempt === retryPolicy.attempts) return
  world.edges.after(retryPolicy.waitMs(attempt), () => deliver({ ...delivery, attempt: attempt + 1 }))
}

async function post({ world, webhookUrl, body, retryPolicy }: Delivery): Promise<number | 'unreachable'> {
  const headers = { 'content-type': 'application/json', ...(await retryPolicy.headersOf?.(body)) }
  const request = new Request(webhookUrl, { method: 'POST', headers, body })
  try {
    const response = await world.edges.fetch(request)
    await response.body?.cancel()
    return response.status
  } catch {
    // Every network error means the same here: there was no response.
    return 'unreachable'
  }
}
