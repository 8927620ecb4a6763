/** The tools for existing jobs. */
import { z } from 'zod'
import { jobStatuses } from '../../../core/job/job.ts'
import type { JobView } from '../../../core/job/view-schema.ts'
import { models, sellerNames } from '../../../core/request/choices.ts'
import { queryOf } from '../../in-process.ts'
import { jobLine, jobResult, jobResultSchema, replyWithJob } from './job-result.ts'
import { ask, defineParsedTool } from './tool.ts'

export const jobIdSchema = z.string().regex(/^job_[0-9a-z]{26}$/, 'must be the id of a job: job_…')

const oneJob = z.strictObject({ id: jobIdSchema })
const readOnly = { readOnlyHint: true, openWorldHint: false } as const

export const getJob = defineParsedTool(
  {
    name: 'get_job',
    title: 'Show a job',
    description: 'The state of a job now, its cost, and links to its videos. The links are new at each call.',
    scope: 'jobs:read',
    annotations: readOnly,
    input: oneJob,
    output: jobResultSchema,
  },
  async ({ id }, { api }) => {
    const asked = await ask<JobView>(api, `/v1/jobs/${id}`)
    return asked.ok ? replyWithJob(asked.body) : asked
  },
)

/** Clients commonly give up on a tool after 60 seconds. */
const maxWaitSeconds = 50

export const waitForJob = defineParsedTool(
  {
    name: 'wait_for_job',
    title: 'Wait for a job',
    description: `Returns when the job has ended, or after timeout_seconds with its state. If it has not ended then, call again. A video takes minutes, and every job ends at its deadline_at.`,
    scope: 'jobs:read',
    annotations: readOnly,
    input: oneJob.extend({
      timeout_seconds: z.int().min(1).max(maxWaitSeconds).default(maxWaitSeconds),
    }),
    output: jobResultSchema.extend({ has_ended: z.boolean() }),
  },
  async ({ id, timeout_seconds }, { api }) => {
    const asked = await ask<JobView>(api, `/v1/jobs/${id}?wait=${timeout_seconds}`)
    if (!asked.ok) return asked
    const has_ended = asked.body.settled_at !== null
    const reply = replyWithJob(asked.body)
    const text = has_ended
      ? reply.text
      : `${reply.text.replace(/ Call wait_for_job\.$/, '')} It has not ended: call again.`
    return { ...reply, text, structured: { ...reply.structured, has_ended } }
  },
)

export const listJobs = defineParsedTool(
  {
    name: 'list_jobs',
    title: 'List jobs',
    description:
      'Jobs, newest first. To find a job whose id was lost, repeat its create_video instead: the same idempotency_key returns it.',
    scope: 'jobs:read',
    annotations: readOnly,
    input: z.strictObject({
      status: z.enum(jobStatuses).optional(),
      model: z.enum(models).optional(),
      provider: z.enum(sellerNames).optional(),
      created_after: z.iso.datetime({ offset: true }).optional(),
      created_before: z.iso.datetime({ offset: true }).optional(),
      metadata: z
        .record(z.string(), z.string())
        .optional()
        .meta({ description: 'Only jobs with these entries of metadata.' }),
      limit: z.int().min(1).max(100).default(10),
      cursor: z.string().optional().meta({ description: 'The next_cursor of the page before.' }),
    }),
    output: z.object({ jobs: z.array(jobResultSchema), next_cursor: z.string().nullable() }),
  },
  async ({ metadata = {}, limit, ...filters }, { api }) => {
    const entries = Object.entries(metadata).map(([key, value]) => [`metadata[${key}]`, value])
    const query = queryOf({ ...filters, limit: String(limit), ...Object.fromEntries(entries) })
    const asked = await ask<{ data: JobView[]; next_cursor: string | null }>(api, `/v1/jobs${query}`)
    if (!asked.ok) return asked
    const { data, next_cursor } = asked.body
    const lines = data.length === 0 ? ['There are no such jobs.'] : data.map(jobLine)
    const more = next_cursor === null ? [] : [`There are more: cursor ${next_cursor}.`]
    return {
      ok: true,
      text: [...lines, ...more].join('\n'),
      structured: { jobs: data.map(jobResult), next_cursor },
    }
  },
)

export const cancelJob = defineParsedTool(
  {
    name: 'cancel_job',
    title: 'Cancel a job',
    description:
      'Ends a job at once. It cannot be undone. A provider may not stop a task that it has accepted: the result says whether it may still be billed.',
    scope: 'jobs:write',
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
    input: oneJob,
    output: jobResultSchema,
  },
  async ({ id }, { api }) => {
    const asked = await ask<JobView>(api, `/v1/jobs/${id}/cancel`, { method: 'POST' })
    return asked.ok ? replyWithJob(asked.body) : asked
  },
)
