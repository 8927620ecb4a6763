/**
 * Every place where a step can be cut off: the Worker dies there once, right before the call, in the midst of it, or
 * after it was made and before its answer was heard. One row, one death; the calls are named in `calls.ts`.
 */
export interface Point {
  step: string
  call: string
  when: 'before' | 'midway' | 'after'
  /** `outlives`: instead of dying there, the step is held up until its lease has run out and another has the row. */
  what: 'dies' | 'outlives'
}

const dies = (step: string, ...deaths: [call: string, ...when: Point['when'][]][]): Point[] =>
  deaths.flatMap(([call, ...whens]) => whens.map((when) => ({ step, call, when, what: 'dies' as const })))

const outlives = (step: string, call: string, when: Point['when']): Point => ({
  step,
  call,
  when,
  what: 'outlives',
})

export const points: Point[] = [
  ...dies('accept', ['D1 accept', 'before', 'after'], ['queue job', 'before', 'after']),
  ...dies('accept', ['R2 input', 'before', 'after']),
  ...dies('hear', ['queue webhook', 'before', 'after'], ['D1 journal', 'before', 'after']),
  ...dies('claim', ['D1 claim', 'before', 'after']),
  ...dies('upload', ['fetch upload scenario', 'after'], ['fetch part scenario', 'after']),
  ...dies('submit', ['D1 ledger', 'before', 'after']),
  ...dies('submit', ['fetch submit runware', 'after'], ['fetch submit crun', 'after']),
  ...dies('submit', ['fetch submit scenario', 'after'], ['fetch submit aimlapi', 'after']),
  ...dies('submit', ['D1 commit queued', 'before', 'after'], ['D1 commit generating', 'before', 'after']),
  ...dies('resolve', ['fetch find scenario', 'after'], ['fetch find aimlapi', 'after']),
  ...dies('check', ['fetch ask runware', 'after'], ['fetch ask crun', 'after']),
  ...dies('check', ['fetch ask scenario', 'after'], ['fetch ask aimlapi', 'after']),
  ...dies('check', ['D1 commit storing', 'before', 'after']),
  ...dies('store', ['fetch media', 'after', 'midway'], ['R2 put', 'before', 'midway', 'after']),
  ...dies('store', ['R2 part', 'after'], ['R2 complete', 'before', 'after']),
  ...dies('receive', ['D1 received video', 'before', 'after'], ['R2 received video', 'midway', 'after']),
  ...dies('settle', ['D1 commit succeeded', 'before', 'after'], ['D1 commit failed', 'before', 'after']),
  ...dies('deliver', ['D1 claim delivery', 'after'], ['fetch callback', 'after']),
  ...dies('deliver', ['D1 commit attempt', 'before', 'after'], ['queue delivery', 'before']),
  ...dies('sweep', ['D1 overdue', 'after']),
  outlives('submit', 'D1 commit generating', 'before'),
  outlives('check', 'fetch ask runware', 'after'),
  outlives('store', 'fetch media', 'midway'),
  outlives('deliver', 'fetch callback', 'after'),
]

export function nameOf({ step, call, when, what }: Point): string {
  return `${step} ${what} ${when} ${call}`
}
