/** The daily summary: how the jobs of a day went, what they cost, and what is raised. */

import type { Context } from '../context.ts'
import { everyProject } from '../core/access.ts'
import type { AlertTarget } from '../core/alert-target.ts'
import { formatBytes, formatCount, formatUsd, percent } from '../core/format.ts'
import { hours } from '../core/schedule/units.ts'
import { type AlertRow, saveAlerts, summaryName } from '../store/alerts.ts'
import { countDeliveries } from '../store/reports/recent-deliveries.ts'
import { countSince, type Stats } from '../store/reports/stats.ts'
import { inEachDatabase } from '../store/shards.ts'
import { readSize } from '../store/size.ts'
import { readLastBytes, readNews } from './evidence.ts'
import { deploymentOf, type Fact, itemOf, type Message } from './message.ts'
import { sendOnce } from './send-news.ts'

const dayMs = 24 * hours

export async function sendSummary(
  context: Context,
  target: AlertTarget,
  rows: Map<string, AlertRow>,
): Promise<void> {
  const { db, now } = context
  if (target.summaryHour === null) return
  const dueAt = lastDue(target.summaryHour, now())
  const row = rows.get(summaryName)
  if (row !== undefined && row.changedAt >= dueAt) return
  const bytes = (await inEachDatabase(context, (one) => readSize(one, context.lastSeenSize))).reduce(
    (sum, size) => sum + size,
    0,
  )
  // The first one is sent at the next hour of summaries; the size is known from then on.
  if (row !== undefined) {
    const before = readLastBytes(row.evidence)
    const message = await summaryMessage(context, rows, { dueAt, bytes, before })
    if (!(await sendOnce(context, target, { message, rows }))) return
  }
  const sent = { isRaised: false, opposed: 0, changedAt: dueAt, sentAt: now() }
  await saveAlerts(db, [{ ...sent, name: summaryName, evidence: JSON.stringify({ bytes }) }])
}

function lastDue(hour: number, nowMs: number): number {
  const today = nowMs - (nowMs % dayMs) + hour * hours
  return today <= nowMs ? today : today - dayMs
}

interface Sizes {
  dueAt: number
  bytes: number
  before: number | null
}

async function summaryMessage(
  context: Context,
  rows: Map<string, AlertRow>,
  { dueAt, bytes, before }: Sizes,
): Promise<Message> {
  const { databases, config } = context
  const sinceMs = dueAt - dayMs
  const [stats, deliveries] = await Promise.all([
    countSince(databases, sinceMs, everyProject),
    countDeliveries(databases, { delivered: sinceMs, failed: sinceMs }),
  ])
  const raised = [...rows.values()].flatMap((row) => {
    const news = row.isRaised ? readNews(row.evidence) : null
    const item = news && itemOf(row.name, { ...news, kind: 'still_raised' }, config.publicBaseUrl)
    return item === null ? [] : [item]
  })
  const day = new Date(dueAt).toISOString().slice(0, 10)
  return {
    id: `alert_summary_${day}`,
    type: 'alert.summary',
    at: dueAt,
    heading: `${deploymentOf(config.publicBaseUrl)}: summary of the last 24 hours, ${day}`,
    facts: [
      { name: 'Jobs', text: jobsText(stats) },
      ...stats.tasks.map((tasks) => providerFact(tasks)),
      { name: 'Deliveries failed for good', text: formatCount(deliveries.failed) },
      { name: 'Messages that failed on every attempt', text: formatCount(stats.deadLetters) },
      { name: 'Database', text: `${formatBytes(bytes)}${growthText(bytes, before)}` },
      { name: 'Raised now', text: raised.length === 0 ? 'nothing' : formatCount(raised.length) },
    ],
    items: raised,
  }
}

function jobsText({ jobs }: Stats): string {
  const count = (...statuses: string[]) =>
    jobs.reduce((sum, one) => (statuses.includes(one.status) ? sum + one.count : sum), 0)
  const [succeeded, failed, canceled] = [count('succeeded'), count('failed'), count('canceled')]
  const open = count('queued', 'generating', 'storing')
  return `${formatCount(succeeded)} succeeded, ${formatCount(failed)} failed, ${formatCount(canceled)} canceled, ${formatCount(open)} not ended`
}

function providerFact(tasks: Stats['tasks'][number]): Fact {
  const { provider, completedViaWebhook, completedViaPoll, usd, credits, unreported } = tasks
  const ended = completedViaWebhook + completedViaPoll
  const parts = [
    ...(usd === null ? [] : [formatUsd(usd)]),
    ...(credits === null ? [] : [`${formatCount(credits)} credits`]),
    ...(unreported === 0
      ? []
      : [`${formatCount(unreported)} tasks without a reported cost or a published price`]),
    ...(ended === 0
      ? []
      : [`${percent(completedViaPoll / ended)} of ${formatCount(ended)} ends were found by a poll`]),
  ]
  return { name: provider, text: parts.join(', ') || 'no task ended' }
}

function growthText(bytes: number, before: number | null): string {
  if (before === null || before === bytes) return ', unchanged'
  const grown = bytes - before
  return `, ${grown > 0 ? '+' : '−'}${formatBytes(Math.abs(grown))} since the last summary`
}
