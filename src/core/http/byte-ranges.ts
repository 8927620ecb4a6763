/** The Range header (RFC 9110 §14.1, §14.2). No I/O. */

export interface ByteRange {
  offset: number
  length: number
}

// More pieces than a player or a reader of archives asks for; beyond, the header is not heard (§17.15).
const mostRanges = 16
// Less than this between two ranges costs less than the head of another part.
const leastGapBytes = 80

/**
 * What is asked of so many bytes, in the order asked; ranges that overlap or nearly touch are made one. `whole`: it is
 * not understood, or too much, and not heard.
 */
export function readRanges(header: string, bytes: number): ByteRange[] | 'whole' | 'unsatisfiable' {
  const [, list = ''] = /^bytes=(.*)$/i.exec(header) ?? []
  const specs = list
    .split(',')
    .map((spec) => spec.trim())
    .filter((spec) => spec !== '')
  if (specs.length === 0 || specs.length > mostRanges) return 'whole'
  const spans = specs.map((spec) => spanOf(spec, bytes))
  if (spans.includes('invalid')) return 'whole'
  const satisfiable = spans.filter((span) => typeof span === 'object')
  if (satisfiable.length === 0) return 'unsatisfiable'
  return satisfiable.reduce<Span[]>(joinSpan, []).map(({ from, to }) => ({ offset: from, length: to - from }))
}

/** `to` is exclusive. */
interface Span {
  from: number
  to: number
}

function spanOf(spec: string, bytes: number): Span | 'invalid' | 'outside' {
  const [, first, last] = /^(\d*)-(\d*)$/.exec(spec) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'invalid'
  const span =
    first === ''
      ? { from: Math.max(0, bytes - Number(last)), to: bytes }
      : { from: Number(first), to: last === '' ? bytes : Math.min(Number(last) + 1, bytes) }
  if (first !== '' && last !== '' && Number(last) < Number(first)) return 'invalid'
  return span.from < span.to ? span : 'outside'
}

/** Takes the place of the first that it is near to, and takes in whatever the two together are near to. */
function joinSpan(spans: Span[], next: Span): Span[] {
  const at = spans.findIndex((span) => areNear(span, next))
  const near = spans[at]
  if (near === undefined) return [...spans, next]
  const joined = { from: Math.min(near.from, next.from), to: Math.max(near.to, next.to) }
  const others = spans.toSpliced(at, 1)
  return others.some((span) => areNear(span, joined)) ? joinSpan(others, joined) : spans.with(at, joined)
}

function areNear(one: Span, other: Span): boolean {
  return one.from <= other.to + leastGapBytes && other.from <= one.to + leastGapBytes
}
