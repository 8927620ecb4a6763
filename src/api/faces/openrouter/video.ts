/** A job as OpenRouter's video. No I/O. */
import { openrouterVideo } from '../../../core/event-formats/openrouter.ts'
import type { JobView } from '../../../core/job/view-schema.ts'

export function viewVideo(job: JobView, publicBaseUrl: string) {
  const { usage, ...video } = openrouterVideo(job)
  return {
    ...video,
    polling_url: `${publicBaseUrl}/openrouter/api/v1/videos/${job.id}`,
    // Before the end it is an estimate.
    ...(usage !== undefined && job.settled_at !== null && { usage }),
  }
}
