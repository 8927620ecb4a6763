/** Schemas of fields that only inform. A malformed value reads as null, so that the object around it is not lost. */
import { z } from 'zod'

export function lenient<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().catch(null)
}

export const text = lenient(z.string())
