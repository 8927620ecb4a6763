/** Builders of BytePlus's responses, and its adapter on a network that plays the given replies. */
import type { Fetch } from '../../../src/connections.ts'
import { aNetwork, nowMs, type Reply, taskId } from '../a-submission.ts'
import { connect } from '../connect.ts'

export const createBytePlus = (fetch: Fetch, settings: Record<string, string> = {}) =>
  connect('byteplus', { BYTEPLUS_API_KEY: 'ark_secret', ...settings }, fetch)

export function aBytePlus(...replies: [Reply, ...Reply[]]) {
  const { fetch, sent } = aNetwork(...replies)
  return { provider: createBytePlus(fetch), sent }
}

/** The fingerprint of the submission in a-submission.ts: its deadline of half an hour counts as an hour. */
export const expiry = 39_212

/** A task object, as the status, the list and the callback show it. */
export function anArkTask(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: taskId,
    model: 'dreamina-seedance-2-0-mini-260615',
    status: 'running',
    error: null,
    created_at: nowMs / 1_000 - 3_600,
    updated_at: nowMs / 1_000 - 3_500,
    service_tier: 'default',
    execution_expires_after: expiry,
    priority: 0,
    resolution: '720p',
    ratio: '16:9',
    duration: 5,
    framespersecond: 24,
    generate_audio: true,
    draft: false,
    ...overrides,
  }
}

export const videoUrl = 'https://ark-content.tos-ap-southeast-1.bytepluses.com/boat.mp4?X-Tos-Signature=abc'

export function aSuccess(overrides: Record<string, unknown> = {}) {
  return anArkTask({
    status: 'succeeded',
    content: { video_url: videoUrl },
    usage: { completion_tokens: 108_000, total_tokens: 108_000 },
    seed: 58_944,
    ...overrides,
  })
}

export function aFailure(overrides: Record<string, unknown> = {}) {
  const error = { code: 'InternalServiceError', message: 'The service encountered an internal error.' }
  return anArkTask({ status: 'failed', error, ...overrides })
}

export function aProblem(status: number, code: string, message = '…', param = ''): Reply {
  return { status, json: { error: { code, message, param, type: 'BadRequest' } } }
}

export function aList(...items: unknown[]): Reply {
  return { json: { items, total: items.length } }
}
