/** Builders of Scenario's responses, and its adapter on a network that plays the given replies. */

import type { Fetch } from '../../../src/connections.ts'
import { aNetwork, type Reply, taskId } from '../a-submission.ts'
import { connect } from '../connect.ts'

const account = { SCENARIO_SDK_API_KEY: 'sc-key', SCENARIO_SDK_API_SECRET: 'sc-secret' }

/** The key and the secret as sent in the header. */
export const credentials = btoa('sc-key:sc-secret')

export function createScenario(fetch: Fetch) {
  return connect('scenario', account, fetch)
}

export function aScenario(...replies: [Reply, ...Reply[]]) {
  const { fetch, sent } = aNetwork(...replies)
  return { provider: createScenario(fetch), sent }
}

export function anAcceptance(more: Record<string, unknown> = {}): { json: unknown } {
  const at = '2026-01-01T12:00:00.000Z'
  const job = {
    jobId: taskId,
    jobType: 'custom',
    status: 'queued',
    progress: 0,
    createdAt: at,
    updatedAt: at,
  }
  return { json: { job: { ...job, metadata: { assetIds: [] } }, ...more } }
}

export function aJob(overrides: Record<string, unknown> = {}): { json: unknown } {
  return {
    json: { job: { jobId: taskId, status: 'in-progress', progress: 0.42, metadata: {}, ...overrides } },
  }
}

export function aSuccess(assetIds: unknown = ['asset_abc123']): { json: unknown } {
  return aJob({ status: 'success', progress: 1, metadata: { assetIds } })
}

export function aFailure(error: unknown = 'The generation failed.'): { json: unknown } {
  return aJob({ status: 'failure', metadata: { error, assetIds: [] } })
}

export function anAsset(overrides: Record<string, unknown> = {}): { json: unknown } {
  return {
    json: {
      asset: { id: 'asset_abc123', kind: 'video', mimeType: 'video/mp4', url: videoUrl, ...overrides },
    },
  }
}

export const videoUrl =
  'https://cdn.cloud.scenario.com/assets/asset_abc123?p=100&Policy=a&Key-Pair-Id=b&Signature=c'
