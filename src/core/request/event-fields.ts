/** Which events a receiver gets, and how they are written. No I/O. No clock. */
import { z } from 'zod'
import { eventFormats, eventTypes } from '../event.ts'

/** Bounded, because a list that repeats one type a thousand times would appear in every event. */
export const eventTypesSchema = z.array(z.enum(eventTypes)).min(1).max(eventTypes.length)

export const eventFormatSchema = z.enum(eventFormats).meta({
  description:
    'The form of the events: that of Reelhook, or for a receiver that knows another API, that of its webhooks. openai: video.completed and video.failed. openrouter: video.generation.completed, .failed and .cancelled, with the headers x-openrouter-signature and x-openrouter-idempotency-key. These two have the three final events only. GET /v1/event-types has examples.',
})
