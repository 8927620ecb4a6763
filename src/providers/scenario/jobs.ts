/**
 * Searching Scenario's list of jobs for a lost submission. A job carries no reference of ours, so it must be the only
 * possible match: made with our prompt and media, and not taken by another submission.
 */
import { z } from 'zod'
import { fail, ok, type Result } from '../../core/fault.ts'
import type { ProviderResponse } from '../http.ts'
import { lenient, text } from '../lenient.ts'
import type { LostSubmission, Missing, Submitted } from '../provider.ts'
import { failureOf } from '../status-faults.ts'
import { isOlder, reachesBack } from '../submission-search.ts'
import { fieldsOf, mediaInput, mediaNames, modelIdOf } from './request.ts'
import { refusalOf } from './response.ts'

type ListJobs = (query: URLSearchParams) => Promise<Result<ProviderResponse>>

const pageSize = 200
const maxPages = 5

export async function findAmongJobs(
  listJobs: ListJobs,
  submission: LostSubmission,
  nowMs: number,
): Promise<Result<Submitted | Missing>> {
  const jobs: ListedJob[] = []
  let token: string | null = null
  for (let page = 0; page < maxPages; page++) {
    const query = { pageSize: String(pageSize), ...(token !== null && { paginationToken: token }) }
    const response = await listJobs(new URLSearchParams(query))
    if (!response.ok) return response
    const list = readList(response.value, nowMs)
    if (!list.ok) return list
    jobs.push(...list.value.jobs)
    token = list.value.nextPaginationToken ?? null
    const createdAt = list.value.jobs.map((job) => job.createdAt)
    if (token === null || reachesBack(createdAt, submission)) return pickOnly(jobs, submission)
  }
  return undecided('has too many jobs')
}

async function pickOnly(jobs: ListedJob[], submission: LostSubmission): Promise<Result<Submitted | Missing>> {
  const similar = jobs.filter((job) => isPossible(job, submission))
  const held = await submission.heldAmong(similar.map(({ jobId }) => jobId))
  const candidates = similar.filter(({ jobId }) => !held.has(jobId))
  const [only] = candidates
  if (only === undefined) return ok('not_found')
  if (candidates.length > 1 || !isCertain(only, submission)) return undecided('has several possible jobs')
  return ok({ providerTaskId: only.jobId })
}

/** Whether nothing that the job reports contradicts the submission. A job without details is possible. */
function isPossible(job: ListedJob, submission: LostSubmission): boolean {
  const { request, assets = new Map() } = submission
  if (isOlder(job.createdAt, submission)) return false
  // Every submission uploads its own media, so the ids distinguish jobs with equal prompts.
  const sentMedia = mediaInput(request, assets)
  if (mediaNames.some((name) => !isSameMedia(job.input?.[name], sentMedia[name]))) return false
  if (job.modelId != null && job.modelId !== modelIdOf(request)) return false
  const { prompt } = fieldsOf(request)
  return job.input?.prompt == null || collapseSpaces(job.input.prompt) === collapseSpaces(prompt ?? '')
}

/** Whether the job repeats our prompt, contradicts no other field, and was created after we intended to submit. */
function isCertain(job: ListedJob, { request, intendedAt }: LostSubmission): boolean {
  const { prompt, duration, ...others } = fieldsOf(request)
  const sent = { ...others, ...(duration !== -1 && { duration }) }
  const isSame = Object.entries(sent).every(([name, value]) => (job.input?.[name] ?? value) === value)
  return prompt !== undefined && job.input?.prompt != null && isSame && job.createdAt >= intendedAt
}

function isSameMedia(reported: unknown, sent: string | string[] | undefined): boolean {
  return reported == null || JSON.stringify([reported].flat()) === JSON.stringify([sent ?? []].flat())
}

function collapseSpaces(prompt: string): string {
  return prompt.replace(/\s+/g, ' ').trim()
}

function undecided(reason: string) {
  return fail('answer_lost', `It is unknown whether the task was accepted: Scenario ${reason}.`)
}

function readList(response: ProviderResponse, nowMs: number): Result<z.infer<typeof listSchema>> {
  const failure = failureOf('Scenario', response, refusalOf(response, [], nowMs))
  if (failure !== null) return failure
  const list = listSchema.safeParse(response.body)
  if (list.success) return ok(list.data)
  const { status } = response
  return fail('unreadable_answer', 'Scenario returned no list of jobs.', { evidence: { status } })
}

const input = lenient(z.looseObject({ prompt: text }))

const listedJobSchema = z
  .object({
    jobId: z.string().min(1),
    createdAt: text,
    metadata: lenient(z.object({ modelId: text, input })),
  })
  .transform(({ jobId, createdAt, metadata }) => ({
    jobId,
    createdAt: Date.parse(createdAt ?? ''),
    modelId: metadata?.modelId,
    input: metadata?.input,
  }))

type ListedJob = z.infer<typeof listedJobSchema>

// An unreadable job might be ours, so it makes the whole list unreadable.
const listSchema = z.object({
  jobs: z.array(listedJobSchema),
  nextPaginationToken: lenient(z.string().min(1)),
})
