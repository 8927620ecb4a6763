/** Reelhook posts the events to this machine, through a temporary endpoint. */
import { setTimeout as delay } from 'node:timers/promises'
import { type Event, ReelhookError, verifyWebhook } from '../../client/index.ts'
import type { Api } from '../api.ts'
import { Stop } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { type Answer, forward, needsRetry, type Post } from './forward.ts'
import { answerLine, type Line } from './lines.ts'
import type { Machine } from './machine.ts'
import { startReceiver } from './receiver.ts'
import {
  call,
  createTemporary,
  deleteEndpoint,
  deleteLeftovers,
  type EventTypes,
} from './temporary-endpoint.ts'

export interface Direct {
  endpointId: string
  url: string
  /** Deletes the endpoint. Resolves when all deliveries under way are answered. */
  close(): Promise<void>
}

export interface Options {
  api: Api
  reelhookUrl: string
  machine: Machine
  eventTypes: EventTypes
  /** 0 takes any free port. */
  port: number
  /** Null: that of the receiver on this machine. */
  publicUrl: string | null
  forwardTo: string | null
  report: (line: Line) => void
}

/** An endpoint may miss the events of its first seconds, because other isolates of the Worker remember the list. */
const unknownMs = 5_000

export async function receiveDirectly(options: Options, signal: AbortSignal): Promise<Direct> {
  const { api, machine, eventTypes, report } = options
  const probe = { isOpen: true, hasArrived: false }
  const state = { probe, attempts: new Map<string, number>() }
  const receiver = await startReceiver({
    port: options.port,
    machineId: machine.id,
    receive: (post) => receive(options, state, post),
  })
  const { port } = receiver
  const url = options.publicUrl ?? `http://127.0.0.1:${port}/`
  let endpointId: string | undefined
  const close = async () => {
    try {
      if (endpointId !== undefined) await deleteEndpoint(api, endpointId)
    } finally {
      await receiver.close()
    }
  }
  try {
    const leftovers = await deleteLeftovers(api, machine, port)
    if (leftovers.length > 0) report({ type: 'leftovers_deleted', endpoint_ids: leftovers })
    endpointId = await createTemporary(api, machine, { url, port, eventTypes })
    const createdAt = performance.now()
    await reach(api, { endpointId, url }, probe)
    probe.isOpen = false
    if (!isThisMachine(options.reelhookUrl))
      await delay(unknownMs - (performance.now() - createdAt), undefined, { signal })
    return { endpointId, url, close }
  } catch (error) {
    await close()
    throw error
  }
}

export function isThisMachine(url: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
}

interface State {
  probe: Probe
  /** By `webhook-id`. */
  attempts: Map<string, number>
}

interface Probe {
  isOpen: boolean
  hasArrived: boolean
}

/** Sends an example event to the endpoint. Throws if it does not arrive here. */
async function reach(
  api: Api,
  { endpointId, url }: { endpointId: string; url: string },
  probe: Probe,
): Promise<void> {
  const { verdict, error } = await api.testEndpoint({ path: { id: endpointId }, body: {} }, call)
  if (verdict !== 'delivered') throw unreachable(`the deployment cannot reach ${url} (${error})`)
  if (!probe.hasArrived) throw unreachable(`another server answers at ${url}`)
}

function unreachable(message: string): Stop {
  return new Stop({ exitCode: exitCodes.unreachable, code: unreachableCode, message })
}

export const unreachableCode = 'receiver_unreachable'

function answered(status: number, text = ''): Answer {
  const body = new TextEncoder().encode(text)
  return { kind: 'answered', status, headers: new Headers(), body, durationMs: 0 }
}

async function receive(
  { machine, forwardTo, report }: Options,
  { probe, attempts }: State,
  post: Post,
): Promise<Answer> {
  const event = await verify(machine.secret, post)
  if (event instanceof ReelhookError) {
    report({ type: 'rejected', error: event.detail })
    return answered(401, `${event.detail}\n`)
  }
  if (probe.isOpen && 'test' in event) {
    probe.hasArrived = true
    return answered(200)
  }
  const id = post.headers['webhook-id'] ?? ''
  report({ type: 'event', id, event, headers: post.headers })
  if (forwardTo === null) return answered(200)
  const answer = await forward(forwardTo, post)
  const retried_by = needsRetry(answer) ? 'reelhook' : null
  report(answerLine({ id, attempt: countAttempt(attempts, id), retried_by, retry_in_ms: null }, answer))
  return answer
}

function countAttempt(attempts: Map<string, number>, id: string): number {
  const n = (attempts.get(id) ?? 0) + 1
  attempts.set(id, n)
  const [oldest] = attempts.keys()
  if (attempts.size > maxCounted && oldest !== undefined) attempts.delete(oldest)
  return n
}

const maxCounted = 10_000

/** As the application should verify it too. */
async function verify(secret: string, { headers, body }: Post): Promise<Event | ReelhookError> {
  try {
    return await verifyWebhook({ body, headers, secret })
  } catch (error) {
    if (error instanceof ReelhookError) return error
    throw error
  }
}
