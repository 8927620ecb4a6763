/** Builders of Crun's responses, and its adapter on a network that plays the given replies. */
import type { Fetch } from '../../../src/connections.ts'
import { aNetwork, type Reply, taskId } from '../a-submission.ts'
import { connect } from '../connect.ts'

export const createCrun = (fetch: Fetch) => connect('crun', { CRUN_API_KEY: 'ak_secret' }, fetch)

export function aCrun(...replies: [Reply, ...Reply[]]) {
  const { fetch, sent } = aNetwork(...replies)
  return { provider: createCrun(fetch), sent }
}

/** The `data` of a status response. A webhook's body is the same. */
export function aTaskInfo(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    task_id: taskId,
    provider: 'bytedance',
    model_version: 'seedance2-0-mini-t2v',
    status: 'running',
    param: { model: 'bytedance/seedance2-0-mini-t2v', input: {} },
    create_at: 1_788_000_000,
    result: null,
    credits: 40,
    duration_s: null,
    complete_at: null,
    source: 'api',
    ...overrides,
  }
}

export function aSuccess(overrides: Record<string, unknown> = {}, result: Record<string, unknown> = {}) {
  return aTaskInfo({
    status: 'success',
    credits: 38,
    duration_s: 97,
    complete_at: 1_788_000_097,
    result: { code: 200, message: 'success', media_urls: [videoUrl], usage: {}, ...result },
    ...overrides,
  })
}

export function aFailure(overrides: Record<string, unknown> = {}, result: Record<string, unknown> = {}) {
  return aTaskInfo({
    status: 'failed',
    credits: 0,
    result: { code: 501, message: 'The generation failed.', ...result },
    ...overrides,
  })
}

export const videoUrl = 'https://files.crun.ai/out/boat.mp4'

export function enveloped(data: unknown) {
  return { code: 200, message: 'success', data }
}
