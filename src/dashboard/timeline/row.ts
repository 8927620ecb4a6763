/** The rows of the time axis: one for each thing, with the bars of its times. No I/O. No clock. */
export type Tone = 'good' | 'bad' | 'active' | 'quiet'

export interface Segment {
  /**
   * `wait`: nothing runs. `work`: a provider, a receiver or Reelhook is busy with it. `mark`: a moment. `whole`: from the
   * first moment to the last, whatever happened between.
   */
  kind: 'wait' | 'work' | 'mark' | 'whole'
  from: number
  to: number
  tone: Tone
  label: string
  /** It has not ended, and is drawn until now. */
  isOpen?: boolean
}

export interface Row {
  /** Stable, so that a row that is unfolded stays so when the page is updated. */
  id: string
  label: string
  outcome: string
  tone: Tone
  segments: Segment[]
  /** By name. Empty ones are not shown. */
  facts?: Readonly<Record<string, unknown>>
  answers?: Shown[]
}

/** The answer of a provider or of a receiver, to unfold. */
export interface Shown {
  title: string
  at: string
  headers?: Record<string, string> | null
  body: string
  truncated?: boolean
}

export const wait = (from: number, to: number, label: string): Segment => segment('wait', from, to, label)
export const work = (from: number, to: number, label: string): Segment => segment('work', from, to, label)
export const whole = (from: number, to: number, label: string): Segment => segment('whole', from, to, label)
export const mark = (at: number, label: string): Segment => segment('mark', at, at, label)

/** Clocks differ and entries may be out of order: no bar ends before it begins. */
function segment(kind: Segment['kind'], from: number, to: number, label: string): Segment {
  return { kind, from: Math.min(from, to), to, tone: 'quiet', label }
}
