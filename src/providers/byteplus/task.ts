/** The task object: a status response, an item of the list, and the body of a webhook. */
import { z } from 'zod'
import { lenient, text } from '../lenient.ts'
import { errorSchema } from './errors.ts'

const number = lenient(z.number())

export const taskSchema = z.object({
  id: z.string().min(1),
  status: z.string(),
  model: text,
  error: lenient(errorSchema),
  /** In seconds since 1970. */
  created_at: number,
  content: lenient(z.object({ video_url: lenient(z.string().min(1)) })),
  usage: lenient(z.object({ completion_tokens: lenient(z.number().nonnegative()) })),
  resolution: text,
  duration: number,
  generate_audio: lenient(z.boolean()),
  execution_expires_after: number,
})

export type ArkTask = z.infer<typeof taskSchema>
