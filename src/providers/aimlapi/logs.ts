/**
 * Searching the request log of AI/ML API for a lost submission (sources: its pages on usage logs and request tracing).
 * Rows come newest first, each with the client request id that we sent. The log cannot be filtered by it.
 */
import { z } from 'zod'
import type { Cost } from '../../core/cost.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import type { ProviderResponse } from '../http.ts'
import { lenient, text } from '../lenient.ts'
import type { LostSubmission, Missing, Submitted } from '../provider.ts'
import { failureOf } from '../status-faults.ts'
import { reachesBack } from '../submission-search.ts'
import { refusalOf } from './response.ts'

type RequestLog = (query: string) => Promise<Result<ProviderResponse>>

const pageSize = 100
// Few, because the step holds a lease; the provider allows 200 requests a minute.
const maxPages = 10

export async function findInLog(
  requestLog: RequestLog,
  submission: LostSubmission,
  nowMs: number,
): Promise<Result<Submitted | Missing>> {
  for (let page = 0; page < maxPages; page++) {
    const response = await requestLog(`period=7d&limit=${pageSize}&offset=${page * pageSize}`)
    if (!response.ok) return response
    const log = readPage(response.value, nowMs)
    if (!log.ok) return log
    const { rows, createdAt, isLast } = log.value
    const row = rows.find(({ clientRequestId }) => clientRequestId === submission.clientReference)
    if (row?.inferenceId != null) {
      return ok({ providerTaskId: row.inferenceId, ...(row.cost && { cost: row.cost }) })
    }
    if (row !== undefined) return fail('answer_lost', 'AI/ML API lists the task without its id.')
    if (isLast || reachesBack(createdAt, submission)) return ok('not_found')
  }
  return fail('answer_lost', 'The log of AI/ML API is too long to find out whether it accepted the task.')
}

interface Page {
  rows: z.infer<typeof rowSchema>[]
  /** The time of each request; NaN if unreadable. */
  createdAt: number[]
  isLast: boolean
}

function readPage(response: ProviderResponse, nowMs: number): Result<Page> {
  const failure = failureOf('AI/ML API', response, refusalOf(response, nowMs))
  if (failure !== null) return failure
  const { status, body } = response
  const list = listIn(body)
  if (list === undefined) {
    return fail('unreadable_answer', 'AI/ML API returned no log.', { evidence: { status } })
  }
  const rows = list.map((row) => rowSchema.parse(row))
  const paging = pagingSchema.safeParse(body)
  const hasMore = paging.success ? paging.data.pagination.has_more : list.length >= pageSize
  return ok({ rows, createdAt: rows.map(({ created }) => Date.parse(created ?? '')), isLast: !hasMore })
}

/** The log is a list: the body itself, or a field up to two levels down. The field's name is undocumented. */
function listIn(body: unknown): unknown[] | undefined {
  const fields = fieldsOf(body)
  const lists = [body, ...fields, ...fields.flatMap(fieldsOf)].filter((value) => Array.isArray(value))
  return lists.length > 0 ? lists.flat() : undefined
}

function fieldsOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.values(value) : []
}

const pagingSchema = z.object({ pagination: z.object({ has_more: z.boolean() }) })

const name = lenient(z.string().min(1))
// Zero means not billed yet: the billing is recorded after completion.
const amount = lenient(z.number().positive())
const costSchema = z.object({ usd: amount, credits: amount })

// An entry that is no row reads as an empty row.
const rowSchema = z
  .object({
    client_request_id: text,
    clientRequestId: text,
    inference_id: name,
    inferenceId: name,
    generation_id: name,
    generationId: name,
    created: text,
    cost: lenient(costSchema),
  })
  .partial()
  .catch({})
  .transform((row) => ({
    clientRequestId: row.client_request_id ?? row.clientRequestId,
    inferenceId: row.inference_id ?? row.inferenceId ?? row.generation_id ?? row.generationId,
    created: row.created,
    cost: costIn(row.cost ?? {}),
  }))

function costIn({ usd, credits }: z.infer<typeof costSchema>): Cost | null {
  const source = 'provider' as const
  if (usd != null) return { amount_usd: usd, source }
  return credits == null ? null : { credits, source }
}
