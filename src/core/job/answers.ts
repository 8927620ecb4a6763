/**
 * The answers of its provider that a task keeps, for people: no code decides by them. They are redacted before they are
 * kept. No I/O. No clock.
 */
import { z } from 'zod'
import { readStored } from '../http/json.ts'

const answerSchema = z.object({
  /** When it was received, in milliseconds since 1970. */
  at: z.number(),
  httpStatus: z.number(),
  /** Redacted (redact-body.ts). */
  body: z.string(),
  isTruncated: z.boolean(),
})

export type Answer = z.infer<typeof answerSchema>

/** As a call receives it, without a clock. */
export type ReceivedAnswer = Omit<Answer, 'at'>

const answersSchema = z.object({
  submission: answerSchema.nullable().default(null),
  status: answerSchema.nullable().default(null),
})

/**
 * `submission`: to the last submission; null if that call got none. `status`: the last one that came with a change of the
 * task, because a poll that changes nothing writes no row.
 */
export type Answers = z.infer<typeof answersSchema>

export const noAnswers: Answers = { submission: null, status: null }

/** `given` undefined: no answer was received, and the one before stays. */
export function withAnswer(
  answers: Answers,
  kind: keyof Answers,
  given: ReceivedAnswer | undefined,
  at: number,
): Answers {
  return given === undefined ? answers : { ...answers, [kind]: { at, ...given } }
}

/** As JSON, to be stored. */
export function writeAnswers({ submission, status }: Answers): string | null {
  if (submission === null && status === null) return null
  return JSON.stringify({ ...(submission && { submission }), ...(status && { status }) })
}

/** Stored answers. A damaged column has none. */
export function readAnswers(json: string | null): Answers {
  return readStored(answersSchema, json) ?? noAnswers
}
