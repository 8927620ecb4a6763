/** The schema of a job as its caller sees it, in the API and in every event. No I/O. */
import { z } from 'zod'
import { costSchema } from '../cost.ts'
import { exportStatuses } from '../export.ts'
import { faultCodes } from '../fault.ts'
import { models, providerNames } from '../request/choices.ts'
import { shownRequestSchema } from '../request/stored.ts'
import { cancellationSchema } from './cancellation.ts'
import { jobStatuses } from './job.ts'
import { completionSources, taskStatuses } from './task.ts'

const timestamp = z.iso.datetime()

const faultViewSchema = z.object({
  code: z.enum(faultCodes),
  message: z.string(),
  /** How the caller can solve it. */
  remedy: z.string(),
  /** Whether the same request can succeed if it is posted again. */
  retryable: z.boolean(),
})

const exportView = z.object({
  status: z.enum(exportStatuses),
  url: z.string().nullable().meta({
    description: 'Endpoint, bucket and key of the copy; null until it is there. It is not signed.',
  }),
  key: z.string().nullable(),
  exported_at: timestamp.nullable(),
  error: z.string().nullable().meta({ description: 'Why the last attempt failed.' }),
})

const outputView = z.object({
  n: z.int(),
  status: z.enum(['waiting', 'stored', 'failed']),
  url: z.url().nullable().meta({
    description: 'Signed: it needs no API key until url_expires_at.',
  }),
  url_expires_at: timestamp.nullable(),
  content_type: z.string().nullable(),
  bytes: z.int().nullable(),
  sha256: z.string().nullable().meta({ description: 'The SHA-256 of the stored bytes, in lowercase hex.' }),
  width: z.int().nullable().meta({
    description:
      'Width, height and the fields below are read from the stored file; null if its header lacks them.',
  }),
  height: z.int().nullable(),
  duration_seconds: z.number().nullable(),
  frame_rate: z.number().nullable().meta({ description: 'Frames per second.' }),
  video_codec: z.string().nullable().meta({ example: 'avc', description: 'avc is H.264, hevc is H.265.' }),
  audio_codec: z.string().nullable().meta({ example: 'aac' }),
  has_audio: z.boolean().nullable(),
  unconfirmed: z.boolean().meta({
    description:
      'true if the provider could not be polled before the deadline, so that only a webhook or an upload identifies this video.',
  }),
  late: z.boolean().meta({
    description:
      'true if the provider finished this video after the job had failed at its deadline. The job stays failed.',
  }),
  export: exportView.nullable().meta({
    description:
      'Its copy in the bucket that the deployment exports to. Null: none is made. In events only output.exported shows it.',
  }),
  fault: faultViewSchema.nullable(),
})

const taskView = z.object({
  provider: z.enum(providerNames),
  provider_task_id: z.string().nullable(),
  status: z.enum(taskStatuses),
  completed_via: z
    .enum(completionSources)
    .nullable()
    .meta({ description: 'How Reelhook learned that the task ended.' }),
  cost: costSchema.nullable().meta({
    description:
      'source: provider is the amount that the provider reported. Any other source is an estimate: the share of the estimate of the job, or the price of an equal task. null: unknown.',
  }),
  submitted_at: timestamp.nullable(),
  ended_at: timestamp.nullable(),
  fault: faultViewSchema.nullable(),
})

export const jobViewSchema = z.object({
  id: z.string().meta({ example: 'job_01kbk6v3x6f9ja8c6mphr3z4aw' }),
  status: z.enum(jobStatuses),
  model: z.enum(models),
  provider: z.enum(providerNames),
  progress: z.int().min(0).max(100).nullable().meta({ description: 'Percent, if the provider reports it.' }),
  request: shownRequestSchema,
  warnings: z.array(z.object({ path: z.string(), message: z.string() })),
  outputs: z.array(outputView),
  tasks: z.array(taskView),
  fault: faultViewSchema.nullable(),
  cancellation: cancellationSchema.nullable().meta({
    description:
      'Only for a canceled job: whether a provider may still bill it. It changes when a provider confirms that it canceled the task.',
  }),
  cost: costSchema.nullable().meta({
    description:
      'The cost of the whole job, never a partial sum. While the job runs it may be an estimate. Once settled_at is set it covers everything that was or may have been bought. source: provider is the amount that the providers reported; any other source means that at least one task is estimated. null: unknown, for example because a provider never confirmed whether it accepted a task. tasks[].cost has the known cost of each task.',
  }),
  callback_headers: z
    .array(z.string())
    .optional()
    .meta({
      description:
        'The names of the headers that its callbacks carry. The values are never shown. Missing in events, and if there are none.',
      example: ['authorization'],
    }),
  metadata: z.record(z.string(), z.string()),
  retry_of: z.string().nullable().meta({ description: 'The job whose request this one repeats.' }),
  trace_id: z.string().meta({
    description: 'The trace of the job: that of the traceparent header which it was posted with, or its own.',
    example: '4bf92f3577b34da6a3ce929d0e0e4736',
  }),
  created_at: timestamp,
  deadline_at: timestamp,
  settled_at: timestamp.nullable(),
  erase_at: timestamp.nullable().meta({
    description:
      'When the job and its videos will be erased; later if a delivery is still pending then. null: it is kept, or has not ended.',
  }),
  pruned_at: timestamp.nullable().meta({
    description:
      "When the details of an ended job were deleted: its timeline except the main entries, the providers' answers and webhooks, and the bodies and attempts of its deliveries. Everything shown here is kept. null: they are stored.",
  }),
})

export type JobView = z.infer<typeof jobViewSchema>
