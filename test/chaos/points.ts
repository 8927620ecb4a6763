/**
 * Every place where a step can be interrupted. The Worker is killed there once: right before the call, in the middle of
 * it, or after the call succeeded and before the step got the response. `call-names.ts` names the calls.
 */
export interface Point {
  step: string
  call: string
  when: Moment
  /** `outlive_lease`: the step is not killed but held until its lease has expired and another worker has the row. */
  action: 'kill' | 'outlive_lease'
}

export type Moment = 'before' | 'midway' | 'after'

export const points: Point[] = [
  ...kills('accept', ['D1 insert job', 'before', 'after'], ['queue job', 'before', 'after']),
  ...kills('accept', ['R2 put input', 'before', 'after']),
  ...kills('record webhook', ['queue webhook', 'before', 'after'], ['D1 insert webhook', 'before', 'after']),
  ...kills('claim', ['D1 claim job', 'before', 'after']),
  ...kills('upload inputs', ['fetch upload scenario', 'after'], ['fetch upload part scenario', 'after']),
  ...kills('submit', ['D1 insert task', 'before', 'after']),
  ...kills('submit', ['fetch submit runware', 'after'], ['fetch submit crun', 'after']),
  ...kills('submit', ['fetch submit scenario', 'after'], ['fetch submit aimlapi', 'after']),
  ...kills('submit', ['fetch submit byteplus', 'before', 'after']),
  ...kills('submit', ['fetch submit fal', 'after']),
  ...kills('submit', ['D1 commit unchanged', 'before', 'after'], ['D1 commit generating', 'before', 'after']),
  ...kills('recover', ['fetch find scenario', 'after'], ['fetch find aimlapi', 'after']),
  ...kills('recover', ['fetch find byteplus', 'after']),
  ...kills('poll', ['fetch poll byteplus', 'after']),
  ...kills('poll', ['fetch poll runware', 'after'], ['fetch poll crun', 'after']),
  ...kills('poll', ['fetch poll scenario', 'after'], ['fetch poll aimlapi', 'after']),
  ...kills('poll', ['fetch poll fal', 'after']),
  ...kills('record webhook', ['fetch keys fal', 'after']),
  ...kills('poll', ['D1 commit storing', 'before', 'after'], ['queue result', 'before', 'after']),
  ...kills('save', ['fetch media', 'after', 'midway'], ['R2 put video', 'before', 'midway', 'after']),
  ...kills('save', ['R2 upload part', 'after'], ['R2 complete upload', 'before', 'after']),
  ...kills('receive video', ['D1 record received video', 'before', 'after']),
  ...kills('receive video', ['R2 put received video', 'midway', 'after']),
  ...kills('settle', ['D1 commit succeeded', 'before', 'after'], ['D1 commit failed', 'before', 'after']),
  ...kills('cancel', ['D1 commit canceled', 'before', 'after']),
  ...kills('cancel tasks', ['queue cancel', 'before', 'after'], ['D1 record late task', 'before', 'after']),
  ...kills('cancel tasks', ['fetch cancel byteplus', 'after'], ['fetch cancel fal', 'after']),
  ...kills('deliver', ['D1 claim delivery', 'after'], ['fetch callback', 'after']),
  ...kills('deliver', ['D1 commit attempt', 'before', 'after'], ['queue delivery', 'before']),
  ...kills('sweep', ['D1 find overdue', 'after']),
  outliveLease('submit', 'D1 commit generating', 'before'),
  outliveLease('poll', 'fetch poll runware', 'after'),
  outliveLease('save', 'fetch media', 'midway'),
  outliveLease('deliver', 'fetch callback', 'after'),
]

/** A point as the harness sends it to the Worker, which acts on it at the n-th such call. */
export interface ArmedPoint {
  name: string
  n: number
}

export function nameOf({ step, call, when, action }: Point): string {
  return `${step}: ${action} ${when} ${call}`
}

function kills(step: string, ...calls: [call: string, ...moments: Moment[]][]): Point[] {
  return calls.flatMap(([call, ...moments]) =>
    moments.map((when): Point => ({ step, call, when, action: 'kill' })),
  )
}

function outliveLease(step: string, call: string, when: Moment): Point {
  return { step, call, when, action: 'outlive_lease' }
}
