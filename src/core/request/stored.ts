/** The request as it is stored with a job, and as it is read back. No I/O. No clock. */
import { parseDeepJson, readStored } from '../http/json.ts'
import { type Model, models } from './choices.ts'
import { deadlineSchema, type JobRequest, requestFields, wellFormedPart, withDefaults } from './request.ts'

const storedFields = requestFields.omit({ callback_secret: true, callback_headers: true })

export const storedRequestSchema = storedFields.transform(withDefaults)

/** The same as the API shows it. */
export const shownRequestSchema = storedFields.extend({ deadline_seconds: deadlineSchema })

/** Parses a stored request. A damaged one keeps its well-formed fields, and `isWhole` is false. */
export function parseStoredRequest(json: string, model: Model): { request: JobRequest; isWhole: boolean } {
  const request = readStored(storedRequestSchema, json)
  if (request !== undefined) return { request, isWhole: true }
  const {
    callback_secret: _secret,
    callback_headers: _headers,
    ...part
  } = wellFormedPart(parseDeepJson(json))
  return { request: { ...storedRequestSchema.parse({ ...part, model: models[0] }), model }, isWhole: false }
}
