/** Sends the news that no receiver has accepted yet: those of one check as one message, the oldest first. */
import type { Context } from '../context.ts'
import type { AlertTarget } from '../core/alert-target.ts'
import { type AlertRow, markSent, saveSender, senderName } from '../store/alerts.ts'
import { readNews, readSender, type Sender } from './evidence.ts'
import { changeMessage, conditionOf, itemOf, type Message } from './message.ts'
import { type Sent, sendMessage } from './send.ts'

/** With the timeouts of that many messages the claim of the check does not end. */
const maxMessages = 2
/** A longer pause would hide what follows. */
const maxPauseMs = 60 * 60_000

/** Returns false if the receiver refuses or asked for a pause. A refused message is sent again each minute. */
export async function sendNews(
  context: Context,
  target: AlertTarget,
  rows: Map<string, AlertRow>,
): Promise<boolean> {
  const { config, db, now } = context
  if (isPaused(rows, now())) return false
  const waiting = [...rows.values()].flatMap((row) => {
    const news = row.sentAt === null ? readNews(row.evidence) : null
    const item = news && itemOf(row.name, news, config.publicBaseUrl)
    return item === null ? [] : [item]
  })
  const ofChecks = [...Map.groupBy(waiting, ({ at }) => at)].sort(([one], [two]) => one - two)
  for (const [newsAt, items] of ofChecks.slice(0, maxMessages)) {
    const message = await changeMessage(items, config.publicBaseUrl)
    if (!(await sendOnce(context, target, { message, rows }))) return false
    const names = items.map(({ name }) => name)
    const events = names.filter((name) => conditionOf(name)?.kind === 'event')
    await markSent(db, { names, ended: events, newsAt }, now())
  }
  return true
}

/** Returns whether it was accepted. Stores why not, and when the receiver asks for a pause. */
export async function sendOnce(
  context: Context,
  target: AlertTarget,
  { message, rows }: { message: Message; rows: Map<string, AlertRow> },
): Promise<boolean> {
  const { db, now } = context
  const sent = await sendMessage(context, target.url, message)
  const sender = rows.get(senderName)
  if (sender === undefined) return sent.isAccepted
  const { seen } = readSender(sender.evidence)
  const learned: Sender = { error: sent.error, retryAt: pauseOf(sent, now()), seen }
  const saved = { sentAt: sent.isAccepted ? now() : sender.sentAt, evidence: JSON.stringify(learned) }
  if (saved.sentAt === sender.sentAt && saved.evidence === sender.evidence) return sent.isAccepted
  await saveSender(db, saved)
  rows.set(senderName, { ...sender, ...saved })
  return sent.isAccepted
}

function isPaused(rows: Map<string, AlertRow>, nowMs: number): boolean {
  const { retryAt } = readSender(rows.get(senderName)?.evidence ?? '{}')
  return retryAt !== null && retryAt > nowMs
}

function pauseOf({ isAccepted, retryAfterMs }: Sent, nowMs: number): number | null {
  return isAccepted || retryAfterMs === null ? null : nowMs + Math.min(retryAfterMs, maxPauseMs)
}
