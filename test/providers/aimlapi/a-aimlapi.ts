/** Builders of the responses of AI/ML API, and its adapter on a network that plays the given replies. */
import type { Fetch } from '../../../src/connections.ts'
import { aNetwork, type Reply, taskId } from '../a-submission.ts'
import { connect } from '../connect.ts'

export const createAimlapi = (fetch: Fetch) => connect('aimlapi', { AIMLAPI_API_KEY: 'aiml-secret' }, fetch)

export function anAimlapi(...replies: [Reply, ...Reply[]]) {
  const { fetch, sent } = aNetwork(...replies)
  return { provider: createAimlapi(fetch), sent }
}

export function aGeneration(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return { id: taskId, status: 'generating', ...overrides }
}

/** As in its documented sample, with an `error` beside the video. */
export function aCompletion(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return aGeneration({
    status: 'completed',
    video: { url: videoUrl },
    error: { name: '<name>', message: '<message>' },
    meta: { usage: { credits_used: 120_000, usd_spent: 0.06 } },
    ...overrides,
  })
}

export function anError(error: unknown = { name: 'GenerationError', message: 'The generation failed.' }) {
  return aGeneration({ status: 'error', video: null, error })
}

export function aProblem(status: number, message = '…'): { status: number; json: unknown } {
  const timestamp = '2026-08-01T10:00:00.000Z'
  const path = '/v2/video/generations'
  return { status, json: { message, path, requestId: 'r-1', statusCode: String(status), timestamp } }
}

export const videoUrl = 'https://cdn.aimlapi.com/generations/hedgehog/1759866285599-boat.mp4'
