/** Builders of Runware's responses, and its adapter on a network that plays the given replies. */
import type { Fetch } from '../../../src/connections.ts'
import { aNetwork, type Reply, taskId } from '../a-submission.ts'
import { connect } from '../connect.ts'

export const conflict = { code: 'conflictTaskUUID', message: 'The taskUUID is already in use.' }

export function createRunware(fetch: Fetch, settings: Record<string, string> = {}) {
  return connect('runware', { RUNWARE_API_KEY: 'rw-secret', ...settings }, fetch)
}

export function aRunware(...replies: [Reply, ...Reply[]]) {
  const { fetch, sent } = aNetwork(...replies)
  return { provider: createRunware(fetch), sent }
}

export function anItem(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return { taskType: 'videoInference', taskUUID: taskId, ...overrides }
}

/** A finished result. Another number makes another result of the same task. */
export function aSuccess(n = 1, overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return anItem({
    status: 'success',
    videoUUID: `video-${n}`,
    videoURL: `https://vm.runware.ai/video/video-${n}.mp4`,
    seed: 1_259_273_673,
    cost: 0.18,
    ...overrides,
  })
}

export function aFailedItem(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return anItem({
    code: 'providerError',
    message: 'The provider could not make it.',
    status: 'error',
    ...overrides,
  })
}

export function anOutput(n = 1) {
  return { id: `video-${n}`, url: `https://vm.runware.ai/video/video-${n}.mp4` }
}
