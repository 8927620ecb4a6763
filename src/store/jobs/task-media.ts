/** The media of a task, as they are stored in its JSON columns. */
import { z } from 'zod'

const inputSchema = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('sent'),
    /** The provider's own id of the upload. */
    uploadId: z.string(),
    /** Milliseconds since 1970. */
    sentAt: z.number(),
  }),
  z.object({ state: z.literal('imported'), assetId: z.string() }),
])

/** An input at a provider that takes media only under its own ids: sent and being imported, or imported. */
export type InputUpload = z.infer<typeof inputSchema>

export const inputsSchema = z.record(z.string(), inputSchema)

export const receivedVideoSchema = z.object({
  key: z.string(),
  contentType: z.string(),
  bytes: z.number(),
  /** In hex. */
  sha256: z.string(),
  /** Milliseconds since 1970. */
  arrivedAt: z.number(),
  /** How many different videos were received before it. */
  others: z.number().default(0),
})

/** A video that the provider has PUT to us. It is in R2, whether it becomes an output or not. */
export type ReceivedVideo = z.infer<typeof receivedVideoSchema>

/** Whether objects of the task may be in R2 that are no output: a provider may upload a video that is not used. */
export function mayLeaveOrphans({ awaitsUpload }: { awaitsUpload: boolean }): boolean {
  return awaitsUpload
}
