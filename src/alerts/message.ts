/** A message to the operator, before it has the shape of its receiver. No I/O. No clock. */
import { sha256 } from '../core/crypto/derived-keys.ts'
import { counted, formatCount, formatDuration, percent } from '../core/format.ts'
import { conditions } from './conditions/all.ts'
import type { Condition, Unit } from './conditions/condition.ts'
import type { News } from './evidence.ts'

export interface Message {
  /** The `webhook-id`: the same for each attempt. */
  id: string
  type: 'alert.changed' | 'alert.summary' | 'alert.test'
  at: number
  heading: string
  /** The counts of the summary. */
  facts: Fact[]
  items: Item[]
}

export interface Fact {
  name: string
  text: string
}

export interface Item {
  /** The name of the condition, and after a colon that of its subject. */
  name: string
  kind: News['kind']
  level: Condition['level']
  title: string
  text: string
  since: number
  at: number
  unit: Unit
  value: number
  limit: number
  /** The page of the deployment that shows more. */
  url: string
  runbook: string | null
}

/** The condition of a row. Undefined for the other rows, and for a condition that an earlier release had. */
export function conditionOf(rowName: string): Condition | undefined {
  return conditions.find(({ name }) => rowName === name || rowName.startsWith(`${name}:`))
}

export function itemOf(name: string, news: News, publicBaseUrl: string): Item | null {
  const condition = conditionOf(name)
  if (condition === undefined) return null
  const { kind, title, text, since, at, value, page } = news
  const { level, unit, raiseAt, clearBelow, runbook } = condition
  const limit = kind === 'cleared' ? clearBelow : raiseAt
  return {
    name,
    kind,
    level,
    title,
    text,
    since,
    at,
    unit,
    value,
    limit,
    url: `${publicBaseUrl}${page}`,
    runbook,
  }
}

/** The message about the news of one check. The same news have the same id, also in another order. */
export async function changeMessage(items: Item[], publicBaseUrl: string): Promise<Message> {
  const key = items.map(({ name, kind, at }) => `${name} ${kind} ${at}`).sort()
  return {
    id: `alert_${(await sha256(key.join('\n'))).slice(0, 32)}`,
    type: 'alert.changed',
    at: Math.max(...items.map(({ at }) => at)),
    heading: `${deploymentOf(publicBaseUrl)}: ${countsOf(items)}`,
    facts: [],
    items,
  }
}

export function testMessage(id: string, nowMs: number, publicBaseUrl: string): Message {
  const text = 'This is a test. Nothing happened, and nothing needs to be done.'
  const heading = `${deploymentOf(publicBaseUrl)}: test of the alerts`
  return { id, type: 'alert.test', at: nowMs, heading, facts: [{ name: 'Test', text }], items: [] }
}

export function deploymentOf(publicBaseUrl: string): string {
  return `Reelhook at ${new URL(publicBaseUrl).host}`
}

/** `Raised: 2 jobs overdue` */
export function titleOf({ kind, title }: Item): string {
  switch (kind) {
    case 'raised':
      return `Raised: ${title}`
    case 'still_raised':
      return `Still raised: ${title}`
    case 'cleared':
      return `Cleared: ${title}`
    case 'happened':
      return title
  }
}

/** The meaning and the remedy. After the end there is none. */
export function textOf({ kind, text }: Item): string {
  return kind === 'cleared' ? '' : text
}

/** When it was raised, and the figure with its limit. */
export function figuresOf(item: Item): string {
  const [value, limit] = [formatValue(item.value, item.unit), formatValue(item.limit, item.unit)]
  switch (item.kind) {
    case 'raised':
    case 'still_raised':
      return `Since ${formatTime(item.since)}. It is ${value}; the limit is ${limit}.`
    case 'cleared':
      return `From ${formatTime(item.since)} to ${formatTime(item.at)}. It is ${value}; it clears below ${limit}.`
    case 'happened':
      return `${formatTime(item.at)}.`
  }
}

export function runbookOf({ kind, runbook }: Item): string | null {
  return kind === 'cleared' || runbook === null ? null : `src/runbook.md: ${runbook}`
}

/** `2026-11-29 08:12 UTC` */
function formatTime(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function formatValue(value: number, unit: Unit): string {
  switch (unit) {
    case 'count':
      return formatCount(value)
    case 'seconds':
      return value === 0 ? '0 s' : formatDuration(value * 1_000)
    case 'share':
      return percent(value)
  }
}

function countsOf(items: Item[]): string {
  const count = (kind: Item['kind']) => items.filter((item) => item.kind === kind).length
  const counts = [
    [count('raised'), 'raised'],
    [count('happened'), 'new'],
    [count('still_raised'), 'still raised'],
    [count('cleared'), 'cleared'],
  ] as const
  const parts = counts.flatMap(([n, word]) => (n === 0 ? [] : [`${n} ${word}`]))
  return `${counted(items.length, 'alert')} (${parts.join(', ')})`
}
