/**
 * checkAlerts: once a minute, judges the conditions and sends the operator what changed. Without ALERT_URL it reads nothing.
 * The states are in D1. While the control database does not respond nothing can be sent: watch GET /healthz from outside.
 */

import type { Context } from '../context.ts'
import { hours, minutes } from '../core/schedule/units.ts'
import { describeError } from '../log.ts'
import { type AlertRow, claimAlerts, deleteClearedAlerts, saveAlerts, senderName } from '../store/alerts.ts'
import { conditions } from './conditions/all.ts'
import type { Condition, Reading } from './conditions/condition.ts'
import { countNew } from './dead-letters.ts'
import { type News, readNews, readSender } from './evidence.ts'
import type { Figures } from './figures.ts'
import { judge } from './hysteresis.ts'
import { conditionOf } from './message.ts'
import { readFigures } from './read-figures.ts'
import { sendNews } from './send-news.ts'
import { sendSummary } from './summary.ts'

/** Shorter than a minute, so that the next cron finds it free, also after a crash. */
const claimMs = 50_000
const dayMs = 24 * hours
const clearedKeptMs = 30 * dayMs
const remindAfterMs = dayMs

export async function checkAlerts(context: Context): Promise<void> {
  const { config, db, now } = context
  if (config.alerts === null) return
  const startedAt = now()
  const rows = await claimAlerts(db, startedAt + claimMs, startedAt)
  if (rows === null) return
  const minute = Math.floor(startedAt / minutes)
  try {
    await update(context, rows, minute % 5 === 0 ? 5 : 1)
  } catch (error) {
    // The news of earlier checks are sent nevertheless.
    context.log('alerts.not_measured', { error: describeError(error) })
  }
  const isAccepted = await sendNews(context, config.alerts, rows)
  if (isAccepted) await sendSummary(context, config.alerts, rows)
  if (minute % (24 * 60) === 0) await deleteClearedAlerts(db, startedAt - clearedKeptMs)
}

/** Measures, and stores what changed; `rows` then hold it too. */
async function update(context: Context, rows: Map<string, AlertRow>, everyMinutes: 1 | 5): Promise<void> {
  const { db, now } = context
  const { figures, deadLetters } = await readFigures(context, everyMinutes)
  const nowMs = now()
  const changed = conditions.flatMap((condition) =>
    condition.kind === 'event' ? [] : judgeCondition(condition, figures, { rows, nowMs }),
  )
  const sender = readSender(rows.get(senderName)?.evidence ?? '{}')
  const dead = deadLetters && countNew(deadLetters, sender.seen, nowMs)
  const happened = dead === null ? [] : eventsOf({ ...figures, deadLetters: dead }, { rows, nowMs })
  const all = [...changed, ...happened]
  if (dead !== null && (sender.seen === null || happened.length > 0)) {
    const evidence = JSON.stringify({ ...sender, seen: dead.seen })
    const row = rows.get(senderName)
    if (row !== undefined) all.push({ ...row, evidence })
  }
  await saveAlerts(db, all)
  for (const row of all) rows.set(row.name, row)
}

interface Known {
  rows: Map<string, AlertRow>
  nowMs: number
}

/** The rows that change. */
function judgeCondition(condition: Condition, figures: Figures, { rows, nowMs }: Known): AlertRow[] {
  const readings = condition.read(figures)
  if (readings === null) return []
  const byName = new Map(readings.map((reading) => [nameOf(condition, reading.subject), reading]))
  const stored = [...rows.keys()].filter((name) => conditionOf(name) === condition)
  return [...new Set([...byName.keys(), ...stored])].flatMap((name) =>
    judgeOne({ condition, name, reading: byName.get(name) }, rows.get(name), nowMs),
  )
}

interface Subject {
  condition: Condition
  name: string
  reading: Reading | undefined
}

function judgeOne(
  { condition, name, reading }: Subject,
  row: AlertRow | undefined,
  nowMs: number,
): AlertRow[] {
  const before = row ?? { name, isRaised: false, opposed: 0, changedAt: nowMs, sentAt: nowMs, evidence: '{}' }
  const value = reading?.value ?? 0
  const { isRaised, opposed } = judge(before, value, condition)
  const news = readNews(before.evidence)
  if (isRaised !== before.isRaised) {
    const kind = isRaised ? 'raised' : 'cleared'
    const since = isRaised ? nowMs : (news?.since ?? before.changedAt)
    // The text of the raised alert says what was cleared.
    const about = isRaised ? newsOf(condition, reading) : news
    const evidence = JSON.stringify({ ...about, kind, at: nowMs, since, value } satisfies Partial<News>)
    return [{ name, isRaised, opposed, changedAt: nowMs, sentAt: null, evidence }]
  }
  const isForgotten = isRaised && before.sentAt !== null && nowMs - before.sentAt >= remindAfterMs
  if (isForgotten && reading !== undefined) {
    const since = news?.since ?? before.changedAt
    const kind = 'still_raised'
    const evidence = JSON.stringify({ ...newsOf(condition, reading), kind, at: nowMs, since, value })
    return [{ ...before, opposed, sentAt: null, evidence }]
  }
  return opposed === before.opposed ? [] : [{ ...before, opposed }]
}

/** An event is news at once. While the last one is not accepted, the next ones wait, and are counted later. */
function eventsOf(figures: Figures, { rows, nowMs }: Known): AlertRow[] {
  return conditions
    .filter(({ kind }) => kind === 'event')
    .flatMap((condition) =>
      (condition.read(figures) ?? [])
        .filter(({ value }) => value >= condition.raiseAt)
        .flatMap((reading) => {
          const name = nameOf(condition, reading.subject)
          if (rows.get(name)?.isRaised) return []
          const { value } = reading
          const news = { ...newsOf(condition, reading), kind: 'happened', at: nowMs, since: nowMs, value }
          return [
            {
              name,
              isRaised: true,
              opposed: 0,
              changedAt: nowMs,
              sentAt: null,
              evidence: JSON.stringify(news),
            },
          ]
        }),
    )
}

function newsOf({ name }: Condition, reading: Reading | undefined) {
  return { title: reading?.title ?? name, text: reading?.text ?? '', page: reading?.links[0]?.href ?? '/' }
}

function nameOf({ name }: Condition, subject: string): string {
  return subject === '' ? name : `${name}:${subject}`
}
