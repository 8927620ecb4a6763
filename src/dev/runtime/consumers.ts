/** The queue consumers of wrangler.toml, as the local runtime passes them to the Worker. */
import { z } from 'zod'

export const consumersSchema = z.record(
  z.string(),
  z.object({
    /** The messages of one invocation. */
    messages: z.number(),
    /** The invocations at once. */
    invocations: z.number(),
    /** The binding that sends to this queue. Null: none. */
    producer: z.string().nullable(),
  }),
)

/** By the name of the queue. */
export type Consumers = z.infer<typeof consumersSchema>
