/** A job as the API shows it, for pure functions; the test states only what matters. */
import type { JobView } from '../../src/core/job/view-schema.ts'

export function aJobView(changes: Partial<JobView> = {}): JobView {
  return {
    id: 'job_01kbk6v3x6f9ja8c6mphr3z4aw',
    status: 'queued',
    model: 'seedance-2.0-mini',
    provider: 'runware',
    progress: null,
    request: {
      model: 'seedance-2.0-mini',
      prompt: 'A paper boat drifts down a rainy gutter',
      reference_images: [],
      reference_videos: [],
      reference_audios: [],
      duration: 5,
      resolution: '480p',
      generate_audio: true,
      count: 1,
      provider: 'runware',
      provider_options: {},
      callback_events: ['job.succeeded', 'job.failed', 'job.canceled'],
      callback_format: 'reelhook',
      metadata: {},
      resubmit_unknown: false,
      deadline_seconds: 1_800,
    },
    warnings: [],
    outputs: [],
    tasks: [],
    fault: null,
    cancellation: null,
    cost: null,
    metadata: {},
    retry_of: null,
    trace_id: '01830000000000000000000000000001',
    created_at: '2026-11-29T10:00:00.000Z',
    deadline_at: '2026-11-29T10:30:00.000Z',
    settled_at: null,
    erase_at: null,
    pruned_at: null,
    ...changes,
  }
}

/** One that is stored. */
export function anOutputView(changes: Partial<JobView['outputs'][number]> = {}): JobView['outputs'][number] {
  return {
    n: 0,
    status: 'stored',
    url: 'https://reelhook.test/v1/jobs/job_01kbk6v3x6f9ja8c6mphr3z4aw/outputs/0/boat.mp4?expires=1&signature=s',
    url_expires_at: '2026-12-06T10:00:00.000Z',
    content_type: 'video/mp4',
    bytes: 27_100,
    sha256: 'ab12',
    width: 864,
    height: 496,
    duration_seconds: 5,
    frame_rate: 24,
    video_codec: 'avc',
    audio_codec: null,
    has_audio: false,
    unconfirmed: false,
    late: false,
    export: null,
    fault: null,
    ...changes,
  }
}

export function aTaskView(changes: Partial<JobView['tasks'][number]> = {}): JobView['tasks'][number] {
  return {
    provider: 'runware',
    provider_task_id: null,
    status: 'submitted',
    completed_via: null,
    cost: null,
    submitted_at: null,
    ended_at: null,
    fault: null,
    ...changes,
  }
}
