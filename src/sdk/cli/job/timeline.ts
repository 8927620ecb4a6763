/** The timeline of a job as text: each entry with its time since acceptance, and how long after the one before. No I/O. */
import { formatBytes, formatDuration } from '../../../core/format.ts'
import type { Answer, Delivery, TimelineEntry } from '../../client/index.ts'
import type { Style } from '../output.ts'
import { padStart, plain, wrap } from '../text.ts'

interface Entry {
  at: number
  what: string
  facts: string
  tone: 'good' | 'bad' | 'quiet'
}

interface Known {
  events: readonly TimelineEntry[]
  deliveries: readonly Delivery[]
}

export function timelineLines(known: Known, width: number, style: Style): string[] {
  const entries = entriesOf(known)
  const startedAt = entries[0]?.at ?? 0
  const rows = entries.map((entry, index) => ({
    ...entry,
    since: `+${formatDuration(entry.at - startedAt)}`,
    took: index === 0 ? '' : formatDuration(entry.at - (entries[index - 1]?.at ?? entry.at)),
  }))
  const widest = (texts: string[]) => Math.max(0, ...texts.map((text) => text.length))
  const sinceWidth = widest(['At', ...rows.map(({ since }) => since)])
  const tookWidth = width < minWidth ? 0 : widest(['Took', ...rows.map(({ took }) => took)])
  const whatWidth = widest(rows.map(({ what }) => what))
  const times = (since: string, took: string) =>
    `${padStart(since, sinceWidth)}  ${tookWidth === 0 ? '' : `${padStart(took, tookWidth)}  `}`
  const indent = times('', '').length
  const lines = rows.flatMap(({ since, took, what, facts, tone }) => {
    const paint = { good: style.green, bad: style.red, quiet: (text: string) => text }[tone]
    const head = times(since, took)
    if (facts === '') return [head + paint(what)]
    if (indent + whatWidth + 2 + facts.length <= width) {
      return [`${head}${paint(what)}${' '.repeat(whatWidth - what.length + 2)}${style.dim(facts)}`]
    }
    const below = wrap(facts, width - indent).map((line) => ' '.repeat(indent) + style.dim(line))
    return [head + paint(what), ...below]
  })
  return [style.bold(`${times('At', 'Took')}Entry`), ...lines]
}

/** On a narrower terminal there is no room for how long each entry took. */
const minWidth = 60

/** Oldest first. An attempt of a delivery counts from its end. */
export function entriesOf({ events, deliveries }: Known): Entry[] {
  const ofEvents = events.map(({ type, created_at, data }): Entry => {
    const isBad = /failed|rejected|lost|dead_lettered|disabled/.test(type)
    const isGood = /succeeded|stored|exported|delivered/.test(type)
    return {
      at: Date.parse(created_at),
      what: type,
      facts: factsOf(data),
      tone: isBad ? 'bad' : isGood ? 'good' : 'quiet',
    }
  })
  const ofAttempts = deliveries.flatMap(({ event_type, url, attempts }) =>
    attempts.map(({ n, started_at, duration_ms, status, error }): Entry => {
      const outcome = status === null ? (error ?? 'no response') : `HTTP ${status}`
      const facts = plain(`${event_type} to ${hostOf(url)}: ${outcome}, ${formatDuration(duration_ms)}`)
      const at = Date.parse(started_at) + duration_ms
      return { at, what: `delivery attempt ${n}`, facts, tone: error === null ? 'good' : 'bad' }
    }),
  )
  return [...ofEvents, ...ofAttempts].sort((one, two) => one.at - two.at)
}

export function answerLines(answers: readonly Answer[], width: number, style: Style): string[] {
  return answers.flatMap(({ kind, provider, received_at, http_status, body, truncated }) => {
    const status = http_status === null ? '' : ` HTTP ${http_status}`
    const indented = plain(body) + (truncated ? ' …' : '')
    return [
      `${style.bold(`${kind} of ${provider}`)}${status} ${style.dim(received_at)}`,
      ...wrap(indented, width - 2).map((line) => `  ${line}`),
    ]
  })
}

/** Short facts only. Hashes and lists of prices are in the JSON. */
function factsOf(data: Record<string, unknown>): string {
  const shown = Object.entries(data).flatMap(([name, value]) => {
    if (value === null || hidden.has(name)) return []
    if (name === 'bytes' && typeof value === 'number') return [formatBytes(value)]
    if (Array.isArray(value)) return [`${name} ${value.join(', ')}`]
    if (typeof value === 'object') return []
    return [named.has(name) ? String(value) : `${name} ${String(value)}`]
  })
  return plain(shown.join(', '))
}

const hidden = new Set([
  'sha256',
  'estimates',
  'width',
  'height',
  'duration_seconds',
  'frame_rate',
  'video_codec',
  'audio_codec',
  'has_audio',
])
const named = new Set(['provider', 'provider_task_id', 'model', 'fault', 'message'])

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}
