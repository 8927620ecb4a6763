/** What `listen` reports: with `--json` each is one line of JSON. */
import type { Event } from '../../client/index.ts'
import type { Answer } from './forward.ts'

export type Line =
  | {
      type: 'ready'
      via: Via
      /** Why this way. */
      reason: string
      endpoint_id: string | null
      secret: string
      event_types: readonly string[]
      forward_to: string | null
    }
  | { type: 'event'; id: string; event: Event; headers: Record<string, string> }
  | {
      type: 'answer'
      id: string
      /** Counted by this run, from 1. */
      attempt: number
      status: number | null
      duration_ms: number
      error: string | null
      body: string
      /** The next attempt: of Reelhook, by the schedule of the delivery, or of this run. Null: there is none. */
      retried_by: 'reelhook' | 'listen' | null
      /** Known for those of this run. */
      retry_in_ms: number | null
    }
  | { type: 'rejected'; error: string }
  | { type: 'gap'; since: string; message: string }
  | { type: 'interrupted'; error: string }
  | { type: 'resumed' }
  /** The stream does not have these. */
  | { type: 'left_out'; event_types: readonly string[] }
  | { type: 'leftovers_deleted'; endpoint_ids: readonly string[] }
  | { type: 'stopped'; endpoint_id: string | null; error: string | null }

type Via = 'endpoint' | 'events'

type AnswerLine = Extract<Line, { type: 'answer' }>

export function answerLine(
  attempted: Pick<AnswerLine, 'id' | 'attempt' | 'retried_by' | 'retry_in_ms'>,
  answer: Answer,
): AnswerLine {
  const common = { type: 'answer', ...attempted, duration_ms: answer.durationMs } as const
  switch (answer.kind) {
    case 'answered':
      return { ...common, status: answer.status, error: null, body: new TextDecoder().decode(answer.body) }
    case 'unanswered':
      return { ...common, status: null, error: answer.error, body: '' }
  }
}
