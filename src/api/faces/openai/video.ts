/** A job as OpenAI's `Video`. No I/O. */
import type { JobView } from '../../../core/job/view-schema.ts'
import { askedOf } from '../../../core/request/openai-entry.ts'
import { sizeOf } from '../../../core/request/size.ts'

export interface Video {
  id: string
  object: 'video'
  model: string
  status: 'queued' | 'in_progress' | 'completed' | 'failed'
  progress: number
  created_at: number
  completed_at: number | null
  expires_at: number | null
  prompt: string | null
  remixed_from_video_id: string | null
  seconds: string
  size: string
  error: { code: string; message: string } | null
}

export function viewVideo(job: JobView, publicBaseUrl: string): Video {
  const { request } = job
  const asked = askedOf(job)
  return {
    id: job.id,
    object: 'video',
    model: asked?.model ?? job.model,
    status: statusOf(job),
    progress: progressOf(job),
    created_at: seconds(job.created_at) ?? 0,
    completed_at: seconds(job.settled_at),
    expires_at: seconds(job.erase_at),
    prompt: request.prompt ?? null,
    remixed_from_video_id: sourceOf(request.reference_videos, publicBaseUrl),
    seconds: String(request.duration),
    size: asked?.size ?? sizeOf(request),
    error: errorOf(job),
  }
}

function statusOf({ status }: JobView): Video['status'] {
  switch (status) {
    case 'queued':
      return 'queued'
    case 'generating':
    case 'storing':
      return 'in_progress'
    case 'succeeded':
      return 'completed'
    case 'failed':
    case 'canceled':
      return 'failed'
  }
}

/** It never falls: a job that is known to have a video is at 99 until that is stored, also if this fails. */
function progressOf({ status, progress, outputs }: JobView): number {
  if (status === 'succeeded') return 100
  const reported = outputs.length > 0 ? 99 : (progress ?? 0)
  return Math.min(99, reported)
}

function errorOf({ status, fault, cancellation }: JobView): Video['error'] {
  if (status === 'failed') {
    const { code = 'failed', message = 'The video failed.', remedy = '' } = fault ?? {}
    return { code, message: `${message} ${remedy}`.trim() }
  }
  if (status !== 'canceled') return null
  return { code: 'canceled', message: `The video was canceled. ${cancellation?.message ?? ''}`.trim() }
}

/** The job whose stored video this one has as its reference. */
function sourceOf([reference = '']: readonly string[], publicBaseUrl: string): string | null {
  if (!reference.startsWith(publicBaseUrl)) return null
  return /^\/v1\/jobs\/(job_\w+)\/outputs\//.exec(reference.slice(publicBaseUrl.length))?.[1] ?? null
}

function seconds(iso: string | null): number | null {
  return iso === null ? null : Math.floor(Date.parse(iso) / 1_000)
}
