/** Builders of Runware's responses, and its adapter on a network that plays the given replies. */
import { runware } from '../../../src/providers/runware/index.ts'
import { aNetwork, now, type Reply, taskId } from '../a-submission.ts'

export const conflict = { code: 'conflictTaskUUID', message: 'The taskUUID is already in use.' }

export function aRunware(...replies: [Reply, ...Reply[]]) {
  const { fetch, sent } = aNetwork(...replies)
  const account = { apiKey: 'rw-secret', baseUrl: 'https://api.runware.ai/v1' }
  return { provider: runware(account, fetch, now), sent }
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
