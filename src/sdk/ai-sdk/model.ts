import { InvalidArgumentError } from '@ai-sdk/provider'
import type { Job } from '../client/generated/api.schemas.ts'
import { type Connection, call } from './call.ts'
import type { Uploads } from './files.ts'
import { metadataOf, outcomeOf } from './outcome.ts'
import { startJob } from './start.ts'
import type { Operation, ReelhookVideoModel, StartOptions } from './types.ts'

const maxVideosPerJob = 4

/** `connect` reads the settings at each call. */
export function createVideoModel(modelId: string, connect: () => Connection): ReelhookVideoModel {
  // The AI SDK repeats a call with the same options.
  const uploadsOf = new WeakMap<StartOptions, Uploads>()
  const response = (headers: Record<string, string>) => ({ timestamp: new Date(), modelId, headers })
  return {
    specificationVersion: 'v4',
    provider: 'reelhook.video',
    modelId,
    maxVideosPerCall: maxVideosPerJob,

    async handleWebhookOption({ webhook }) {
      const { url, received } = await webhook()
      return { webhookUrl: url, received }
    },

    async doStart(options) {
      const uploads = uploadsOf.get(options) ?? new Map()
      uploadsOf.set(options, uploads)
      const { job, warnings, headers } = await startJob(modelId, connect(), options, uploads)
      return {
        operation: { id: job.id },
        warnings,
        providerMetadata: metadataOf(job),
        response: response(headers),
      }
    },

    async doStatus({ operation, headers, abortSignal: signal }) {
      const path = `/v1/jobs/${encodeURIComponent(operationOf(operation).id)}`
      const answer = await call<Job>(connect(), { method: 'GET', path, headers, signal })
      return { ...outcomeOf(answer.body), response: response(answer.headers) }
    },
  }
}

/** It may come from a database of the caller. */
function operationOf(value: unknown): Operation {
  if (typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string') {
    return { id: value.id }
  }
  throw new InvalidArgumentError({
    argument: 'operation',
    message: 'operation must be what experimental_startVideo returned: an object with the id of a job.',
  })
}
