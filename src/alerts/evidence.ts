/** The JSON in the rows of alerts. No I/O. */
import { z } from 'zod'
import { readStored } from '../core/http/json.ts'

/** The news that a message is about. */
const newsSchema = z.object({
  kind: z.enum(['raised', 'still_raised', 'cleared', 'happened']),
  /** All news of one check have the same time, and are one message. */
  at: z.int(),
  /** When it was raised. */
  since: z.int(),
  value: z.number(),
  title: z.string(),
  text: z.string(),
  page: z.string(),
})

export type News = z.infer<typeof newsSchema>

/** Null: there was none yet. */
export function readNews(evidence: string): News | null {
  return readStored(newsSchema, evidence) ?? null
}

const senderSchema = z.object({
  /** Why the last message was not accepted. Null: it was. */
  error: z.string().nullable().default(null),
  /** The receiver asked for no message before that time. */
  retryAt: z.int().nullable().default(null),
  /** The dead letters that were counted in that hour when the last message about them was made. */
  seen: z.object({ hourAt: z.int(), count: z.int() }).nullable().default(null),
})

export type Sender = z.infer<typeof senderSchema>

export function readSender(evidence: string): Sender {
  return readStored(senderSchema, evidence) ?? senderSchema.parse({})
}

const summarySchema = z.object({ bytes: z.number().nullable().default(null) })

/** The size of the database at the last summary. */
export function readLastBytes(evidence: string): number | null {
  return readStored(summarySchema, evidence)?.bytes ?? null
}
