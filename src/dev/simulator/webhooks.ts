import type { Directives } from './directives.ts'
import { type SimulatedTask, saysWebhook } from './task.ts'
import { record, type World } from './world.ts'

/** Something to tell; what exactly is decided at the moment of telling. */
export interface Notice {
  at: number
  kind: 'progress' | 'end'
  body: () => unknown
}

/** How a provider rings. */
export interface Manners {
  attempts: number
  isHeard: (status: number) => boolean
  waitMs: (attempt: number) => number
}

const LATE_MS = 600_000

/** Resolves when all that must be said before the submit answer has been said. */
export async function announce(
  world: World,
  task: SimulatedTask,
  notices: Notice[],
  manners: Manners,
): Promise<void> {
  const { webhookUrl, directives } = task
  if (webhookUrl === undefined || saysWebhook(directives, 'lost')) return
  for (const notice of inOrder(task, notices)) {
    const times = notice.kind === 'end' ? rungsOf(directives) : 1
    const tell = async () => {
      for (let rung = 0; rung < times; rung++) {
        await ring({ world, task, webhookUrl, manners, body: JSON.stringify(notice.body()), attempt: 1 })
      }
    }
    if (saysWebhook(directives, 'early')) {
      await tell()
      continue
    }
    const lateMs = notice.kind === 'end' && saysWebhook(directives, 'late') ? LATE_MS : 0
    world.edges.after(notice.at + lateMs - world.edges.now(), tell)
  }
}

/** What is told at all, and when. */
function inOrder({ directives, endsAt }: SimulatedTask, notices: Notice[]): Notice[] {
  const heard = saysWebhook(directives, 'last-lost') ? notices.slice(0, -1) : notices
  // Nothing can be told before it is so: all wait for the end, and then come last first.
  if (saysWebhook(directives, 'reversed')) {
    return heard
      .toReversed()
      .map((notice, index) => ({ ...notice, at: endsAt + index * BETWEEN_REVERSED_MS }))
  }
  return saysWebhook(directives, 'progress-first') ? heard : heard.filter(({ kind }) => kind === 'end')
}

const BETWEEN_REVERSED_MS = 50

function rungsOf(directives: Directives): number {
  if (saysWebhook(directives, 'tripled')) return 3
  return saysWebhook(directives, 'doubled') ? 2 : 1
}

interface Ring {
  world: World
  task: SimulatedTask
  webhookUrl: string
  manners: Manners
  body: string
  attempt: number
}

async function ring(call: Ring): Promise<void> {
  const { world, task, manners, attempt } = call
  const status = await post(world, call.webhookUrl, call.body)
  const { provider, taskId } = task
  if (status === 'unreachable') record(world, { provider, what: 'webhook.unreachable', taskId })
  else record(world, { provider, what: 'webhook.sent', taskId, status })

  if (status !== 'unreachable' && manners.isHeard(status)) return
  if (attempt === manners.attempts) return
  world.edges.after(manners.waitMs(attempt), () => ring({ ...call, attempt: attempt + 1 }))
}

async function post(world: World, url: string, body: string): Promise<number | 'unreachable'> {
  const headers = { 'content-type': 'application/json' }
  const request = new Request(url, { method: 'POST', headers, body })
  try {
    const response = await world.edges.fetch(request)
    await response.body?.cancel()
    return response.status
  } catch {
    // Whatever the network throws, to the one who rings it is the same: nobody answered.
    return 'unreachable'
  }
}
