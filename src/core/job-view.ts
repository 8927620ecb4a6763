/** A job as its caller sees it, in the API and in every event. Stored rows go in, JSON comes out. No I/O. */
import { z } from 'zod'
import { cancellationOf, cancellationSchema } from './cancellation.ts'
import { addCosts, type Cost, costSchema, type Estimates } from './cost.ts'
import { type Fault, faultCodes, faults, isRetryable } from './fault.ts'
import { type JobStatus, jobStatuses } from './job.ts'
import { costOfJob, costOfTask } from './job-cost.ts'
import {
  type JobRequest,
  keptRequestSchema,
  models,
  type ProviderName,
  providerNames,
} from './request/request.ts'
import { type CompletionSource, completionSources, type TaskStatus, taskStatuses } from './task.ts'
import { noMetadata, type VideoMetadata } from './video-metadata.ts'

const timestamp = z.iso.datetime()

const faultView = z.object({
  code: z.enum(faultCodes),
  message: z.string(),
  /** What to do about it. */
  remedy: z.string(),
  /** Whether the same request, posted again, has a chance. */
  retryable: z.boolean(),
})

const outputView = z.object({
  n: z.int(),
  status: z.enum(['waiting', 'stored', 'failed']),
  url: z.url().nullable().meta({
    description: 'Signed: it plays without an API key until url_expires_at.',
  }),
  url_expires_at: timestamp.nullable(),
  content_type: z.string().nullable(),
  bytes: z.int().nullable(),
  sha256: z.string().nullable().meta({ description: 'Of the stored bytes, in lower-case hex.' }),
  width: z.int().nullable().meta({
    description: 'This and what follows is read from the stored file; null where its header does not tell.',
  }),
  height: z.int().nullable(),
  duration_seconds: z.number().nullable(),
  frame_rate: z.number().nullable().meta({ description: 'Frames in a second.' }),
  video_codec: z.string().nullable().meta({ example: 'avc', description: 'avc is H.264, hevc is H.265.' }),
  audio_codec: z.string().nullable().meta({ example: 'aac' }),
  has_audio: z.boolean().nullable(),
  unconfirmed: z.boolean().meta({
    description:
      'The provider could not be asked until the deadline: a webhook or an upload alone says that this is its video.',
  }),
  fault: faultView.nullable(),
})

const taskView = z.object({
  provider: z.enum(providerNames),
  provider_task_id: z.string().nullable(),
  status: z.enum(taskStatuses),
  completed_via: z
    .enum(completionSources)
    .nullable()
    .meta({ description: 'What brought the news of its end.' }),
  cost: costSchema.nullable().meta({
    description:
      'source: provider is what the provider reported. Otherwise it is an estimate: its share of the job, or the price of an equal task. null: not known.',
  }),
  submitted_at: timestamp.nullable(),
  ended_at: timestamp.nullable(),
  fault: faultView.nullable(),
})

export const jobViewSchema = z.object({
  id: z.string().meta({ example: 'job_01kbk6v3x6f9ja8c6mphr3z4aw' }),
  status: z.enum(jobStatuses),
  model: z.enum(models),
  provider: z.enum(providerNames),
  progress: z.int().min(0).max(100).nullable().meta({ description: 'Percent, where the provider tells.' }),
  request: keptRequestSchema,
  warnings: z.array(z.object({ path: z.string(), message: z.string() })),
  outputs: z.array(outputView),
  tasks: z.array(taskView),
  fault: faultView.nullable(),
  cancellation: cancellationSchema.nullable().meta({
    description: 'Of a canceled job alone: whether a provider may bill it all the same.',
  }),
  cost: costSchema.nullable().meta({
    description:
      'The whole job; never a partial sum. While the job runs it may be an estimate. Once settled_at is set it covers everything that was or may have been bought: source: provider is what the providers reported, any other source means that at least one task is estimated. null: not known, for example because a provider never said whether it accepted a task; tasks[].cost has what is known of each.',
  }),
  metadata: z.record(z.string(), z.string()),
  retry_of: z.string().nullable().meta({ description: 'The job whose request this one repeats.' }),
  created_at: timestamp,
  deadline_at: timestamp,
  settled_at: timestamp.nullable(),
  erase_at: timestamp.nullable().meta({
    description:
      'When it will be erased, with its videos; later where somebody has still to be told of it. Null: it is kept, or has not ended.',
  }),
})

export type JobView = z.infer<typeof jobViewSchema>

/** The rows a view is made from; the store's own shapes fit. */
export interface JobRows {
  job: {
    id: string
    status: JobStatus
    provider: ProviderName
    progress: number | null
    request: JobRequest
    warnings: { path: string; message: string }[]
    fault: Fault | null
    /** What it was estimated to cost at those who may make it, where that is known. */
    estimates: Estimates
    retryOf: string | null
    createdAt: number
    deadlineAt: number
    settledAt: number | null
    eraseAt: number | null
  }
  outputs: readonly ({ n: number; isUnconfirmed?: boolean } & (
    | { status: 'waiting' }
    | { status: 'stored'; contentType: string; bytes: number; sha256: string; facts: VideoMetadata }
    | { status: 'failed'; fault: Fault }
  ))[]
  tasks: readonly {
    provider: ProviderName
    providerTaskId: string | null
    wanted: number
    status: TaskStatus
    unknownAt: number | null
    completedVia: CompletionSource | null
    cost: Cost | null
    submittedAt: number | null
    endedAt: number | null
    fault: Fault | null
  }[]
}

export interface Link {
  url: string
  expiresAt: number
}

export function viewJob({ job, outputs, tasks }: JobRows, links: ReadonlyMap<number, Link>): JobView {
  return {
    id: job.id,
    status: job.status,
    model: job.request.model,
    provider: job.provider,
    progress: job.progress,
    request: job.request,
    warnings: job.warnings,
    outputs: outputs.map((output) => viewOutput(output, links.get(output.n))),
    tasks: tasks.map((task) => ({
      provider: task.provider,
      provider_task_id: task.providerTaskId,
      status: task.status,
      completed_via: task.completedVia,
      cost: roundedCost(costOfTask(job, tasks, task)),
      submitted_at: iso(task.submittedAt),
      ended_at: iso(task.endedAt),
      fault: viewFault(task.fault),
    })),
    fault: viewFault(job.fault),
    cancellation: job.status === 'canceled' ? cancellationOf(tasks) : null,
    cost: costOfJob(job, tasks),
    metadata: job.request.metadata,
    retry_of: job.retryOf,
    created_at: new Date(job.createdAt).toISOString(),
    deadline_at: new Date(job.deadlineAt).toISOString(),
    settled_at: iso(job.settledAt),
    erase_at: iso(job.eraseAt),
  }
}

function roundedCost(cost: Cost | null): Cost | null {
  return addCosts([cost])
}

function viewOutput(output: JobRows['outputs'][number], link: Link | undefined): JobView['outputs'][number] {
  const stored = output.status === 'stored' ? output : null
  return {
    n: output.n,
    status: output.status,
    url: link?.url ?? null,
    url_expires_at: iso(link?.expiresAt ?? null),
    content_type: stored?.contentType ?? null,
    bytes: stored?.bytes ?? null,
    sha256: stored?.sha256 ?? null,
    ...viewMetadata(stored?.facts ?? noMetadata),
    unconfirmed: output.isUnconfirmed === true,
    fault: output.status === 'failed' ? viewFault(output.fault) : null,
  }
}

export function viewMetadata(facts: VideoMetadata) {
  return {
    width: facts.width,
    height: facts.height,
    duration_seconds: facts.durationSeconds,
    frame_rate: facts.frameRate,
    video_codec: facts.videoCodec,
    audio_codec: facts.audioCodec,
    has_audio: facts.hasAudio,
  }
}

/** The face of a fault that callers see: its evidence stays inside. */
function viewFault(fault: Fault | null): z.infer<typeof faultView> | null {
  if (fault === null) return null
  const { code, message } = fault
  return { code, message, remedy: faults[code].remedy, retryable: isRetryable(code) }
}

function iso(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString()
}
