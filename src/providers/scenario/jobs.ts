/**
 * Finding a lost submission among the jobs of Scenario, which carry no reference of ours. So what is found must be the
 * only job that it can be: made with our words and media, and held by no other submission.
 */
import { z } from 'zod'
import { fail, ok, type Result } from '../../core/fault.ts'
import { answerLost as lostAnswer, type ProviderResponse } from '../http.ts'
import type { LostSubmission, Submitted } from '../provider.ts'
import { mediaFields, mediaInput, modelIds, textOf } from './request.ts'
import { isSuccess, refusal } from './response.ts'

type AskJobs = (query: URLSearchParams) => Promise<Result<ProviderResponse>>

const pageSize = 200
const mostPages = 5
// As far as their clock may be behind ours.
const skewMs = 5 * 60_000

export async function findAmongJobs(
  ask: AskJobs,
  lost: LostSubmission,
  nowMs: number,
): Promise<Result<Submitted | 'not_found'>> {
  const jobs: Listed[] = []
  let token: string | null = null
  for (let page = 0; page < mostPages; page++) {
    const query = { pageSize: String(pageSize), ...(token !== null && { paginationToken: token }) }
    const answer = await ask(new URLSearchParams(query))
    if (!answer.ok) return answer
    const list = readList(answer.value, nowMs)
    if (!list.ok) return list
    jobs.push(...list.value.jobs)
    token = list.value.nextPaginationToken ?? null
    if (token === null || reachesBack(list.value.jobs, lost)) return decide(jobs, lost)
  }
  return notKnown('has too many jobs to tell')
}

async function decide(jobs: Listed[], lost: LostSubmission): Promise<Result<Submitted | 'not_found'>> {
  const alike = jobs.filter((job) => mayBeOurs(job, lost))
  const held = await lost.heldAmong(alike.map(({ jobId }) => jobId))
  const possible = alike.filter(({ jobId }) => !held.has(jobId))
  const [only] = possible
  if (only === undefined) return ok('not_found')
  if (possible.length > 1 || !isOurs(only, lost))
    return notKnown('has several jobs that may be it and does not tell')
  return ok({ providerTaskId: only.jobId })
}

/** Not another's, as far as one can see; a job that says nothing of itself may be ours. */
function mayBeOurs(job: Listed, { request, intendedAt, assets = new Map() }: LostSubmission): boolean {
  if (job.createdAt < intendedAt - skewMs) return false
  // Each job uploads its own media, so that their ids tell jobs with the same words apart.
  const sent = mediaInput(request, assets)
  if (mediaFields.some((name) => !isSameMedia(job.input?.[name], sent[name]))) return false
  if (job.modelId != null && job.modelId !== modelIds[request.model]) return false
  const { prompt } = textOf(request)
  return job.input?.prompt == null || squeeze(job.input.prompt) === squeeze(prompt ?? '')
}

/** Made with our words, none of which it echoes otherwise, and not before we sent them. */
function isOurs(job: Listed, { request, intendedAt }: LostSubmission): boolean {
  const { prompt, duration, ...words } = textOf(request)
  const sent = { ...words, ...(duration !== -1 && { duration }) }
  const isSame = Object.entries(sent).every(([name, value]) => (job.input?.[name] ?? value) === value)
  return prompt !== undefined && job.input?.prompt != null && isSame && job.createdAt >= intendedAt
}

function isSameMedia(echoed: unknown, sent: string | string[] | undefined): boolean {
  return echoed == null || JSON.stringify([echoed].flat()) === JSON.stringify([sent ?? []].flat())
}

// A time that cannot be read reaches nowhere. Every job of the page, lest the list be sorted in another way.
function reachesBack(jobs: Listed[], { intendedAt }: LostSubmission): boolean {
  return jobs.length > 0 && jobs.every(({ createdAt }) => createdAt < intendedAt - skewMs)
}

function squeeze(words: string): string {
  return words.replace(/\s+/g, ' ').trim()
}

function notKnown(why: string) {
  return fail('answer_lost', `Scenario ${why} whether it accepted the task.`)
}

function readList(answer: ProviderResponse, nowMs: number): Result<z.infer<typeof listSchema>> {
  const { status } = answer
  const refused = refusal(answer, [], nowMs)
  if (refused !== null) return refused
  if (!isSuccess(answer)) return lostAnswer('safe', `Scenario answered ${status}`, { status })
  const list = listSchema.safeParse(answer.body)
  if (list.success) return ok(list.data)
  return fail('unreadable_answer', 'Scenario answered without a list of jobs.', { evidence: { status } })
}

const text = z.string().nullish().catch(null)

const input = z.looseObject({ prompt: text }).nullish().catch(null)

const listedSchema = z
  .object({
    jobId: z.string().min(1),
    createdAt: text,
    metadata: z.object({ modelId: text, input }).nullish().catch(null),
  })
  .transform(({ jobId, createdAt, metadata }) => ({
    jobId,
    createdAt: Date.parse(createdAt ?? ''),
    modelId: metadata?.modelId,
    input: metadata?.input,
  }))

type Listed = z.infer<typeof listedSchema>

// A job that cannot be read might be ours: then the list says nothing.
const listSchema = z.object({
  jobs: z.array(listedSchema),
  nextPaginationToken: z.string().min(1).nullish().catch(null),
})
