/**
 * The time axis. It is to scale, but for long waits: time in which nothing runs is drawn shorter where it would leave no
 * room for what runs. So an attempt three days later is on the same axis as a copy of two seconds. No I/O. No clock.
 */
import { formatDuration } from '../../core/format.ts'
import type { Segment } from './row.ts'

export interface Axis {
  startedAt: number
  /** In percent of the width, from 0 to 100. */
  at: (ms: number) => number
  cuts: { from: number; to: number; ms: number }[]
  /** `isMinor`: there is no room for its label on a phone. */
  ticks: { at: number; label: string; isMinor: boolean }[]
  /** Where the job ended; null: it has not. */
  end: number | null
}

interface Stretch {
  from: number
  to: number
}

/** A part of the axis: its times, and where it begins and ends in milliseconds as drawn. */
interface Part extends Stretch {
  isCut: boolean
  start: number
  end: number
}

/** Waits that are shorter are never cut. */
const minCutMs = 5_000

/** The width of a label in percent of the axis: on a phone, and on a wide screen. */
const labelWidths = [22, 11] as const

export function axisOf(
  segments: readonly Segment[],
  { startedAt, settledAt }: { startedAt: number; settledAt: number | null },
): Axis {
  const moments = [...new Set([startedAt, ...segments.flatMap(({ from, to }) => [from, to])])]
  moments.sort((one, two) => one - two)
  const stretches = moments.slice(1).map((to, index) => ({ from: moments[index] ?? to, to }))
  const cuts = cutsOf(segments, stretches)
  const parts = drawn(stretches, cuts)
  const drawnMs = parts.at(-1)?.end ?? 0
  const at = (ms: number): number => {
    const part = parts.find(({ to }) => ms <= to) ?? parts.at(-1)
    if (part === undefined) return 0
    const share = Math.max(0, Math.min(1, (ms - part.from) / (part.to - part.from)))
    return (100 * (part.start + share * (part.end - part.start))) / drawnMs
  }
  return {
    startedAt,
    at,
    cuts: cuts.waits.map(({ from, to }) => ({ from: at(from), to: at(to), ms: to - from })),
    ticks: ticksOf({ at, startedAt, parts }),
    end: settledAt === null ? null : at(settledAt),
  }
}

/** Together they are drawn as long as what runs, so they take half of the width at most. */
function cutsOf(
  segments: readonly Segment[],
  stretches: readonly Stretch[],
): { waits: Stretch[]; drawnMs: number } {
  const works = segments.filter(({ kind }) => kind === 'work')
  const workStarts = new Set(works.map(({ from }) => from))
  const waits: Stretch[] = []
  let workMs = 0
  for (const { from, to } of stretches) {
    const last = waits.at(-1)
    if (works.some((work) => work.from < to && work.to > from)) workMs += to - from
    // A mark divides a wait, but does not end it.
    else if (last?.to === from && !workStarts.has(from)) last.to = to
    else waits.push({ from, to })
  }
  const roomMs = Math.max(workMs, 2 * minCutMs)
  // Where nothing runs at all, the wait is all there is to see.
  const long = workMs === 0 ? [] : waits.filter(({ from, to }) => to - from > roomMs / 2)
  return { waits: long, drawnMs: roomMs / Math.max(2, long.length) }
}

function drawn(stretches: readonly Stretch[], cuts: { waits: Stretch[]; drawnMs: number }): Part[] {
  let start = 0
  return stretches.map(({ from, to }) => {
    const cut = cuts.waits.find((wait) => wait.from <= from && wait.to >= to)
    const ratio = cut === undefined ? 1 : cuts.drawnMs / (cut.to - cut.from)
    const end = start + (to - from) * ratio
    const part = { from, to, isCut: cut !== undefined, start, end }
    start = end
    return part
  })
}

const seconds = 1_000
const minutes = 60 * seconds
const hours = 60 * minutes
const steps = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30].map((count) => count * seconds),
  ...[1, 2, 5, 10, 20, 30].map((count) => count * minutes),
  ...[1, 2, 6, 12, 24, 48, 120, 240].map((count) => count * hours),
]

/** The start, the end, the ends of cuts, and round times between them: as many as there is room for, in this order. */
function ticksOf({
  at,
  startedAt,
  parts,
}: Pick<Axis, 'at' | 'startedAt'> & { parts: Part[] }): Axis['ticks'] {
  const first = parts[0]?.from ?? startedAt
  const last = parts.at(-1) ?? { to: startedAt, end: 0 }
  const step = steps.find((ms) => last.end / ms <= 6) ?? 1_000 * hours
  const wanted = [first, last.to, ...parts.flatMap(({ isCut, to }) => (isCut ? [to] : []))]
  for (const { from, to, isCut } of parts) {
    if (isCut) continue
    for (let ms = startedAt + Math.ceil((from - startedAt) / step) * step; ms < to; ms += step)
      wanted.push(ms)
  }
  const ticks: Axis['ticks'] = []
  for (const width of labelWidths) {
    // A label at an end of the axis begins or ends there.
    const centerOf = (place: number) => Math.max(width / 2, Math.min(100 - width / 2, place))
    for (const ms of wanted) {
      const place = at(ms)
      const isTaken = ticks.some((tick) => Math.abs(centerOf(tick.at) - centerOf(place)) < width)
      const label = ms <= startedAt ? '0' : formatDuration(ms - startedAt)
      if (!isTaken) ticks.push({ at: place, label, isMinor: width === labelWidths[1] })
    }
  }
  return ticks.sort((one, two) => one.at - two.at)
}
