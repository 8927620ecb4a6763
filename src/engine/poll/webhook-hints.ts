/** What the journaled webhooks of a job announce. Announcements are hints: they decide when to ask, seldom what is. */
import { parseJson } from '../../core/http/json.ts'
import { distinctOutputs } from '../../providers/distinct-results.ts'
import type { Outcome, Provider, WebhookItem } from '../../providers/provider.ts'
import type { Claim } from '../../store/jobs/claim.ts'

export interface ReceivedItem extends WebhookItem {
  receivedAt: number
}

export function receivedItems({ webhooks, tasks }: Claim, provider: Provider): ReceivedItem[] {
  const read = provider.parseWebhook
  if (read === undefined) return []
  const awaited = new Set(
    tasks.flatMap((task) => (task.awaitsUpload && task.providerTaskId ? [task.providerTaskId] : [])),
  )
  return webhooks
    .filter((webhook) => webhook.provider === provider.name)
    .flatMap(({ body, receivedAt }) =>
      read(parseJson(body), awaited).map((item) => ({ ...item, receivedAt })),
    )
}

export interface Announcement {
  /** How many ends were announced, finished and failed together. */
  ends: number
  lastHeardAt: number
  /** The task's whole end, put together from its webhooks; null while some are missing. */
  outcome: Exclude<Outcome, { state: 'pending' }> | null
}

/** Everything the webhooks say of one task's end; null when they say nothing of it. */
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
  // A failure has no name of its own: repeated in another shape it is the same.
  const failures = outcomes.flatMap((outcome) => (outcome.state === 'failed' ? [outcome.fault] : []))
  const faults = [...new Map(failures.map((fault) => [JSON.stringify(fault), fault])).values()]
  const ends = outputs.length + faults.length
  const [firstFault] = faults
  const isWhole = ends >= wanted
  return {
    ends,
    lastHeardAt: Math.max(...ended.map(({ receivedAt }) => receivedAt)),
    outcome:
      isWhole && outputs.length > 0
        ? { state: 'done', outputs, faults }
        : isWhole && firstFault !== undefined
          ? { state: 'failed', fault: firstFault }
          : null,
  }
}
