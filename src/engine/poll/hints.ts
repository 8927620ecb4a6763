/**
 * The hints that were received about a job's tasks: webhooks that providers posted, and videos that they uploaded. They
 * decide when to poll, and seldom what is true.
 */
import { parseJson } from '../../core/http/json.ts'
import type { CompletionSource } from '../../core/job/task.ts'
import { uploadHints } from '../../provider-uploads/hints.ts'
import { distinctOutputs } from '../../providers/distinct-results.ts'
import type { Outcome, Provider, WebhookItem } from '../../providers/provider.ts'
import type { Claim } from '../../store/jobs/claim.ts'

export interface ReceivedItem extends WebhookItem {
  receivedAt: number
  via: Exclude<CompletionSource, 'poll'>
}

type HintedJob = Pick<Claim, 'webhooks' | 'tasks'> & { job: Pick<Claim['job'], 'request'> }

export function receivedItems(
  { job, webhooks, tasks }: HintedJob,
  provider: Provider | undefined,
): ReceivedItem[] {
  const known = tasks.map((task) => ({ ...task, model: job.request.model }))
  const posted = webhooks
    .filter((webhook) => webhook.provider === provider?.name)
    .flatMap(({ body, receivedAt }) => {
      const items = provider?.parseWebhook?.(parseJson(body), known) ?? []
      return items.map((item) => ({ ...item, receivedAt, via: 'webhook' as const }))
    })
  return [...posted, ...uploadHints(tasks)]
}

export interface Announcement {
  /** How many results were announced, finished and failed together. */
  ends: number
  lastReceivedAt: number
  via: ReceivedItem['via']
  /** The task's whole end, merged from its items. Null while some results are missing. */
  outcome: Exclude<Outcome, { state: 'pending' }> | null
}

/** Merges all items about one task's end. Null: there are none. */
export function announcementOf(
  items: ReceivedItem[],
  providerTaskId: string,
  wanted: number,
): Announcement | null {
  const ended = items.filter(
    (item) => item.providerTaskId === providerTaskId && item.outcome.state !== 'pending',
  )
  if (ended.length === 0) return null
  const outcomes = ended.map(({ outcome }) => outcome)
  const finished = outcomes.flatMap((outcome) => (outcome.state === 'done' ? outcome.outputs : []))
  const outputs = distinctOutputs(finished, providerTaskId)
  // A failure has no id of its own: one that is repeated in another shape is the same.
  const failures = outcomes.flatMap((outcome) => (outcome.state === 'failed' ? [outcome.fault] : []))
  const faults = [...new Map(failures.map((fault) => [JSON.stringify(fault), fault])).values()]
  const ends = outputs.length + faults.length
  return {
    ends,
    lastReceivedAt: Math.max(...ended.map(({ receivedAt }) => receivedAt)),
    via: ended.some(({ via }) => via === 'webhook') ? 'webhook' : 'upload',
    outcome: ends < wanted ? null : outcomeOf(outputs, faults),
  }
}

function outcomeOf(
  outputs: ReturnType<typeof distinctOutputs>,
  faults: Extract<Outcome, { state: 'done' }>['faults'],
): Announcement['outcome'] {
  if (outputs.length > 0) return { state: 'done', outputs, faults }
  const [fault] = faults
  return fault === undefined ? null : { state: 'failed', fault }
}
