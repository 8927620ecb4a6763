/** Builders of whole valid values for the tests of providers, and a network that records requests and plays replies. */

import type { Fetch } from '../../src/connections.ts'
import { requestSchema } from '../../src/core/request/request.ts'
import type { LostSubmission, Submission, SubmittedTask } from '../../src/providers/provider.ts'

export const nowMs = Date.UTC(2026, 0, 1, 12)
export const now = () => nowMs

export const image = 'https://media.example.com/boat.png'
export const video = 'https://media.example.com/gutter.mp4'
export const audio = 'https://media.example.com/rain.mp3'
export const callbackUrl = 'https://reelhook.example.com/webhooks/runware/job_1/token'
export const taskId = '0b2b6a0e-6d1b-4c53-9c0a-3b7a3c0f9d11'

/** A validated request. The test states only what matters. */
export function aRequest(overrides: Record<string, unknown> = {}) {
  return requestSchema.parse({
    model: 'seedance-2.0-mini',
    prompt: 'A paper boat drifts down a rainy gutter',
    ...overrides,
  })
}

export function aSubmission(request: Record<string, unknown> = {}, wanted = 1): Submission {
  return { request: aRequest(request), wanted, clientReference: taskId, callbackUrl }
}

/** A submission of an hour ago whose response was lost. */
export function aLostSubmission(
  request: Record<string, unknown> = {},
  overrides: Partial<LostSubmission> = {},
): LostSubmission {
  return {
    clientReference: taskId,
    request: aRequest(request),
    intendedAt: nowMs - 3_600_000,
    namedTaskIds: [],
    heldAmong: async () => new Set(),
    ...overrides,
  }
}

/** The task of the recorded responses. Its id is the provider's own, in the form in which Reelhook stores it. */
export function aTask(overrides: Partial<SubmittedTask> = {}): SubmittedTask {
  const { provider = 'runware' } = overrides
  const providerTaskId = provider === 'fal' ? `seedance-2.0/${taskId}` : taskId
  return { provider, clientReference: taskId, providerTaskId, wanted: 1, ...overrides }
}

/** A response with JSON, a response with text, or an error instead of a response. */
export type Reply =
  | { status?: number; json: unknown; headers?: Record<string, string> }
  | { status?: number; text: string; headers?: Record<string, string> }
  | Error

export interface Sent {
  method: string
  url: string
  headers: Record<string, string>
  body: unknown
  redirect: string
}

/** Plays the replies in order, repeats the last one, and records the requests. */
export function aNetwork(...replies: [Reply, ...Reply[]]): { fetch: Fetch; sent: Sent[] } {
  const sent: Sent[] = []
  return {
    sent,
    async fetch(request) {
      const reply = replies[Math.min(sent.length, replies.length - 1)] ?? replies[0]
      const text = await request.text()
      sent.push({
        method: request.method,
        url: request.url,
        headers: Object.fromEntries(request.headers),
        body: text === '' ? undefined : JSON.parse(text),
        redirect: request.redirect,
      })
      if (reply instanceof Error) throw reply
      const { status = 200, headers = {} } = reply
      return new Response('json' in reply ? JSON.stringify(reply.json) : reply.text, { status, headers })
    },
  }
}
