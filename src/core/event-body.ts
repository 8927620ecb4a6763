/**
 * The body of an event: the job as the API shows it, in at most 20 KB. A larger job is shortened field by field, and
 * `truncated` lists the shortened fields. No I/O. No clock.
 */
import { z } from 'zod'
import { type EventType, erasureReasons, type JobEventType } from './event.ts'
import type { JobView } from './job/view-schema.ts'

export const maxBodyBytes = 20_000

/** The event of an erased job contains nothing of its request but the metadata. */
export const erasureSchema = z.object({
  id: z.string().meta({ example: 'job_01kbk6v3x6f9ja8c6mphr3z4aw' }),
  reason: z.enum(erasureReasons).meta({
    description: 'retention: its retention_days have passed. request: a caller deleted it.',
  }),
  erased_at: z.iso.datetime(),
  outputs: z
    .array(z.object({ n: z.int(), bytes: z.int(), sha256: z.string() }))
    .meta({ description: 'The videos that were stored and are now deleted.' }),
  metadata: z.record(z.string(), z.string()),
})

/** It always fits: metadata (request.ts) and the outputs of a job are limited. */
export function erasureEventBody(atMs: number, data: z.infer<typeof erasureSchema>): string {
  const type = 'job.erased' satisfies EventType
  return JSON.stringify({ type, timestamp: new Date(atMs).toISOString(), data })
}

/** `output`: the number of the output that the event reports. */
export function eventBody(type: JobEventType, atMs: number, job: JobView, output?: number): string {
  const write = (shown: JobView, truncated: string[]) =>
    JSON.stringify({
      type,
      timestamp: new Date(atMs).toISOString(),
      ...(truncated.length > 0 && { truncated }),
      data: {
        ...shown,
        ...(output !== undefined && { output: shown.outputs.find(({ n }) => n === output) }),
      },
    })
  const truncated: string[] = []
  let shown = job
  let body = write(shown, truncated)
  for (const { path, cut } of cuts) {
    if (!isTooLong(body)) break
    const before = JSON.stringify(shown)
    shown = cut(shown)
    if (JSON.stringify(shown) !== before && !truncated.includes(path)) truncated.push(path)
    body = write(shown, truncated)
  }
  return body
}

function isTooLong(body: string): boolean {
  return new TextEncoder().encode(body).length > maxBodyBytes
}

interface Cut {
  /** The field that it shortens, as `truncated` lists it. */
  path: string
  cut: (job: JobView) => JobView
}

const maxMediaLength = 200
const maxPromptLength = 1_000
const maxMessageLength = 120

// Cut in this order: duplicated fields first, then what the caller posted, then what the API still shows. The job's
// metadata is never cut: callers find their own records by it.
const cuts: Cut[] = [
  inRequest('metadata', () => ({ metadata: {} })),
  ...(['reference_images', 'reference_videos', 'reference_audios'] as const).map((list) =>
    inRequest(list, (request) => ({ [list]: request[list].map((media) => shorten(media, maxMediaLength)) })),
  ),
  ...(['first_frame', 'last_frame'] as const).map((frame) =>
    inRequest(frame, ({ [frame]: media }) =>
      media === undefined ? {} : { [frame]: shorten(media, maxMediaLength) },
    ),
  ),
  inRequest('callback_url', ({ callback_url: url }) =>
    url === undefined ? {} : { callback_url: shorten(url, maxMediaLength) },
  ),
  inRequest('prompt', ({ prompt }) =>
    prompt === undefined ? {} : { prompt: shorten(prompt, maxPromptLength) },
  ),
  inRequest('provider_options', () => ({ provider_options: {} })),
  { path: 'warnings', cut: (job) => ({ ...job, warnings: [] }) },
  { path: 'tasks', cut: (job) => ({ ...job, tasks: job.tasks.map(withBriefFault) }) },
  { path: 'outputs', cut: (job) => ({ ...job, outputs: job.outputs.map(withBriefFault) }) },
  { path: 'fault', cut: withBriefFault },
  { path: 'request', cut: (job) => ({ ...job, request: withoutText(job.request) }) },
  { path: 'tasks', cut: (job) => ({ ...job, tasks: [] }) },
]

function inRequest(field: string, change: (request: JobView['request']) => Partial<JobView['request']>): Cut {
  return {
    path: `request.${field}`,
    cut: (job) => ({ ...job, request: { ...job.request, ...change(job.request) } }),
  }
}

/** The remaining fields are short in every request. */
function withoutText(request: JobView['request']): JobView['request'] {
  const { prompt: _prompt, first_frame: _first, last_frame: _last, callback_url: _url, ...rest } = request
  return { ...rest, reference_images: [], reference_videos: [], reference_audios: [] }
}

function withBriefFault<T extends { fault: JobView['fault'] }>(faulty: T): T {
  const { fault } = faulty
  return fault === null
    ? faulty
    : { ...faulty, fault: { ...fault, message: shorten(fault.message, maxMessageLength) } }
}

// It does not cut between the two halves of a surrogate pair.
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')}…`
}
