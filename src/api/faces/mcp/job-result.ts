/** A job as a tool shows it: shorter than in /v1, because an agent reads all of it. */
import type { ResourceLink } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { type JobView, jobViewSchema } from '../../../core/job/view-schema.ts'
import type { Reply } from './tool.ts'

/** The list of all codes would be in the output schema of each tool. */
const faultSchema = z
  .object({ code: z.string(), message: z.string(), remedy: z.string(), retryable: z.boolean() })
  .nullable()

export const jobResultSchema = jobViewSchema
  .pick({
    id: true,
    status: true,
    model: true,
    progress: true,
    warnings: true,
    cancellation: true,
    cost: true,
    metadata: true,
    created_at: true,
    deadline_at: true,
    settled_at: true,
  })
  .extend({
    // As with the codes of faults, the list of names is long, and a result names one of them.
    provider: z.string(),
    prompt: z.string().nullable().meta({ description: 'Its beginning.' }),
    videos: z.array(
      jobViewSchema.shape.outputs.element
        .pick({
          n: true,
          status: true,
          url: true,
          url_expires_at: true,
          content_type: true,
          bytes: true,
          sha256: true,
          width: true,
          height: true,
          duration_seconds: true,
          late: true,
        })
        .extend({ fault: faultSchema }),
    ),
    fault: faultSchema,
  })

type JobResult = z.infer<typeof jobResultSchema>

export function jobResult(job: JobView): JobResult {
  const { prompt = null } = job.request
  return jobResultSchema.parse({
    ...job,
    prompt: prompt?.slice(0, maxPromptLength) ?? null,
    videos: job.outputs,
  })
}

const maxPromptLength = 200

export function replyWithJob(job: JobView, before = ''): Extract<Reply, { ok: true }> {
  return { ok: true, text: before + jobText(job), structured: jobResult(job), links: linksOf(job) }
}

/** One line: the state, and the URLs or the next step. */
function jobText(job: JobView): string {
  const { id, status, provider, progress, fault, cancellation } = job
  const videos = job.outputs.flatMap(({ url, url_expires_at }) =>
    url === null ? [] : [`${url} (opens without a key until ${url_expires_at})`],
  )
  const stored = videos.length === 0 ? '' : ` ${videos.join(' ')}`
  switch (status) {
    case 'queued':
    case 'generating':
    case 'storing':
      return `${id} is ${status} at ${provider}${progress === null ? '' : ` (${progress} %)`}.${stored} Call wait_for_job.`
    case 'succeeded':
      return `${id} succeeded${costText(job)}:${stored}`
    case 'failed':
      return `${id} failed${costText(job)}: ${fault === null ? '' : `${fault.message} ${fault.remedy}`}${stored}`
    case 'canceled':
      return `${id} is canceled. ${cancellation?.message ?? ''}${stored}`
  }
}

/** One of many: get_job has the links. */
export function jobLine(job: JobView): string {
  const prompt = job.request.prompt?.slice(0, maxLinePromptLength) ?? 'without a prompt'
  return `${job.id} ${job.status}${costText(job)}, created ${job.created_at}: ${prompt}`
}

const maxLinePromptLength = 60

function costText({ cost }: JobView): string {
  if (cost === null) return ''
  return cost.amount_usd === undefined ? ' for its credits' : ` for $${cost.amount_usd}`
}

function linksOf({ id, outputs }: JobView): ResourceLink[] {
  return outputs.flatMap(({ n, url, content_type, bytes }) => {
    if (url === null) return []
    const name = new URL(url).pathname.split('/').at(-1) ?? `${id}-${n}`
    return [
      {
        type: 'resource_link',
        uri: url,
        name,
        ...(content_type !== null && { mimeType: content_type }),
        ...(bytes !== null && { size: bytes }),
      },
    ]
  })
}
