/** Request bodies as callers post them, and the faults that validation reports. */
import { type JobRequest, requestSchema } from '../../../src/core/request/request.ts'

export const image = 'https://media.example.com/boat.png'
export const video = 'https://media.example.com/gutter.mp4'
export const audio = 'https://media.example.com/rain.mp3'
export const callbackSecret = `whsec_${btoa('a caller keeps thirty-two bytes.')}`

/** A whole valid body; the test states only the fields that matter. */
export function aBody(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: 'seedance-2.0-mini', prompt: 'A paper boat drifts down a rainy gutter', ...overrides }
}

/** The same, as it is stored after validation. */
export function aRequest(overrides: Record<string, unknown> = {}): JobRequest {
  return requestSchema.parse(aBody(overrides))
}

/** Every fault of a body as `path: message`, sorted by path. Empty: it is accepted. */
export function faultsOf(body: unknown): string[] {
  const parsed = requestSchema.safeParse(body)
  if (parsed.success) return []
  return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).sort()
}

/** Only the paths of the faults. */
export function faultyPaths(body: unknown): string[] {
  return faultsOf(body).map((fault) => fault.slice(0, fault.indexOf(': ')))
}
