/** A job as the result of a status call. */
import type { Job } from '../client/generated/api.schemas.ts'
import type { Outcome, Warning } from './types.ts'

export function outcomeOf(job: Job): Outcome {
  const providerMetadata = metadataOf(job)
  switch (job.status) {
    case 'queued':
    case 'generating':
    case 'storing':
      return { status: 'pending', providerMetadata }
    case 'succeeded':
      return completed(job, [])
    case 'failed': {
      const error = failureOf(job)
      // Finished videos are paid for, so they are not lost with the rest.
      return stored(job).length === 0
        ? { status: 'error', error, providerMetadata }
        : completed(job, [{ type: 'other', message: error }])
    }
    case 'canceled':
      return { status: 'error', error: `${job.id} was canceled.`, providerMetadata }
  }
}

function completed(job: Job, warnings: Warning[]): Outcome {
  const videos = stored(job).map(({ url, content_type }) => ({
    type: 'url' as const,
    url,
    mediaType: content_type ?? 'video/mp4',
  }))
  return { status: 'completed', videos, warnings, providerMetadata: withVideos(job) }
}

/** Only a completed call shows its videos: the AI SDK joins the lists of all results. */
export function metadataOf({ id, status, provider, progress, cost }: Job) {
  const cost_usd = cost?.amount_usd ?? null
  return { reelhook: { job_id: id, status, provider, progress, cost_usd } }
}

function withVideos(job: Job) {
  const videos = stored(job).map(({ n, url, url_expires_at, sha256, width, height, duration_seconds }) => ({
    job_id: job.id,
    n,
    sha256,
    url,
    url_expires_at,
    width,
    height,
    duration_seconds,
  }))
  return { reelhook: { ...metadataOf(job).reelhook, videos } }
}

function stored({ outputs }: Job) {
  return outputs.flatMap((output) => (output.url === null ? [] : [{ ...output, url: output.url }]))
}

function failureOf({ id, fault }: Job): string {
  return fault === null
    ? `${id} failed.`
    : `${id} failed (${fault.code}): ${fault.message} ${fault.remedy}`.trim()
}
