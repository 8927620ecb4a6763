/** Starts a job: checks the options, uploads the files, posts the request. */

import { APICallError } from '@ai-sdk/provider'
import { choosesRatio } from '../../core/request/model-limits.ts'
import type { Job } from '../client/generated/api.schemas.ts'
import { type Connection, call } from './call.ts'
import { deleteUploads, mediaOf, type Uploads } from './files.ts'
import { optionsOf } from './options.ts'
import { requestOf, shapeWanted, warningsOf } from './request.ts'
import type { StartOptions, Warning } from './types.ts'

interface StartedJob {
  job: Job
  warnings: Warning[]
  headers: Record<string, string>
}

export async function startJob(
  modelId: string,
  connection: Connection,
  options: StartOptions,
  uploads: Uploads,
): Promise<StartedJob> {
  const { headers, abortSignal: signal } = options
  const given = optionsOf(options)
  const hasFirstFrame = options.image !== undefined || given.first_frame !== undefined
  const shape = shapeWanted(options, choosesRatio(modelId, hasFirstFrame))
  try {
    const media = await mediaOf(connection, options, uploads)
    const content = JSON.stringify({ model: modelId, ...requestOf(options, { shape, media, given }) })
    const body = { type: 'application/json', content }
    const answer = await call<Job>(connection, { method: 'POST', path: '/v1/jobs', headers, body, signal })
    const { body: job } = answer
    // The job of an earlier start with the same key has the files of that start.
    const unused = idsOf(uploads).filter((id) => !mediaIn(job).includes(id))
    await deleteUploads(connection, unused, headers)
    return { job, warnings: warningsOf(options, { shape, given }, job), headers: answer.headers }
  } catch (error) {
    if (isRefusal(error)) await deleteUploads(connection, idsOf(uploads), headers)
    throw error
  }
}

/** Without a final answer there may be a job, which needs its files. */
function isRefusal(error: unknown): boolean {
  return APICallError.isInstance(error) && (error.statusCode ?? 0) >= 400 && !error.isRetryable
}

function idsOf(uploads: Uploads): string[] {
  return [...uploads.values()].map(({ id }) => id)
}

function mediaIn({ request }: Job): (string | undefined)[] {
  const { first_frame, last_frame, reference_images, reference_videos, reference_audios } = request
  const references = [reference_images, reference_videos, reference_audios].flatMap((list) => list ?? [])
  return [first_frame, last_frame, ...references]
}
