/**
 * Finding a lost submission in the request log of AI/ML API (its pages on usage logs and request tracing): rows newest
 * first, each with the client request id that we sent. The log has no filter for it, and wants a time window.
 */
import { z } from 'zod'
import type { Cost } from '../../core/cost.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { answerLost as lostAnswer, type ProviderResponse } from '../http.ts'
import type { LostSubmission, Submitted } from '../provider.ts'
import { isSuccess, refusal } from './response.ts'

type AskLog = (query: string) => Promise<Result<ProviderResponse>>

const pageSize = 100
// Of the 200 questions a minute that it allows, a step that holds a lease takes a few.
const mostPages = 10

// As far as their clock may be behind ours.
const skewMs = 5 * 60_000

export async function findInLog(
  ask: AskLog,
  lost: LostSubmission,
  nowMs: number,
): Promise<Result<Submitted | 'not_found'>> {
  for (let page = 0; page < mostPages; page++) {
    const answer = await ask(`period=7d&limit=${pageSize}&offset=${page * pageSize}`)
    if (!answer.ok) return answer
    const log = readPage(answer.value, nowMs)
    if (!log.ok) return log
    const ours = log.value.rows.find(({ clientRequestId }) => clientRequestId === lost.clientReference)
    if (ours?.inferenceId != null) {
      return ok({ providerTaskId: ours.inferenceId, ...(ours.cost && { cost: ours.cost }) })
    }
    if (ours !== undefined) return fail('answer_lost', 'AI/ML API has the task, but does not name it.')
    if (log.value.isLast || reachesBack(log.value.createdAt, lost)) return ok('not_found')
  }
  return fail('answer_lost', 'The log of AI/ML API is too long to tell whether the task was accepted.')
}

function reachesBack(createdAt: number[], { intendedAt }: LostSubmission): boolean {
  return createdAt.length > 0 && createdAt.every((timeMs) => timeMs < intendedAt - skewMs)
}

interface Page {
  rows: z.infer<typeof rowSchema>[]
  /** When each request of the page was made, as far as it can be read; NaN where not. */
  createdAt: number[]
  isLast: boolean
}

function readPage(answer: ProviderResponse, nowMs: number): Result<Page> {
  const { status, body } = answer
  const refused = refusal(answer, nowMs)
  if (refused !== null) return refused
  if (!isSuccess(answer)) return lostAnswer('safe', `AI/ML API answered ${status}`, { status })
  const list = listIn(body)
  if (list === undefined)
    return fail('unreadable_answer', 'AI/ML API answered without a log.', { evidence: { status } })
  const rows = list.map((row) => rowSchema.parse(row))
  const paging = pagingSchema.safeParse(body)
  const hasMore = paging.success ? paging.data.pagination.has_more : list.length >= pageSize
  return ok({
    rows,
    createdAt: rows.map(({ created }) => Date.parse(created ?? '')),
    isLast: !hasMore,
  })
}

/** The log is a list: the body itself, or one of its fields, or a field of one of them. Under which name is not documented. */
function listIn(body: unknown): unknown[] | undefined {
  const fields = fieldsOf(body)
  const lists = [body, ...fields, ...fields.flatMap(fieldsOf)].filter((value) => Array.isArray(value))
  return lists.length > 0 ? lists.flat() : undefined
}

function fieldsOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.values(value) : []
}

const pagingSchema = z.object({ pagination: z.object({ has_more: z.boolean() }) })

const text = z.string().nullish().catch(null)
const name = z.string().min(1).nullish().catch(null)
// What is zero is not billed yet: its billing is recorded after completion.
const amount = z.number().positive().nullish().catch(null)

// Anything that is no row is a row that says nothing.
const rowSchema = z
  .object({
    client_request_id: text,
    clientRequestId: text,
    inference_id: name,
    inferenceId: name,
    generation_id: name,
    generationId: name,
    created: text,
    cost: z.object({ usd: amount, credits: amount }).nullish().catch(null),
  })
  .partial()
  .catch({})
  .transform((row) => ({
    clientRequestId: row.client_request_id ?? row.clientRequestId,
    inferenceId: row.inference_id ?? row.inferenceId ?? row.generation_id ?? row.generationId,
    created: row.created,
    cost: costIn(row.cost ?? null),
  }))

function costIn(
  cost: { usd?: number | null | undefined; credits?: number | null | undefined } | null,
): Cost | null {
  const source = 'provider' as const
  if (cost?.usd != null) return { amount_usd: cost.usd, source }
  return cost?.credits == null ? null : { credits: cost.credits, source }
}
