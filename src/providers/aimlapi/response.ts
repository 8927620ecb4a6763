/** The responses of AI/ML API about a generation. Only the status word decides: its sample has an `error` beside a video. */
import { z } from 'zod'
import type { Cost } from '../../core/cost.ts'
import { type Fault, ok, type Result } from '../../core/fault.ts'
import { failureCodeIn, failureFault, finishedWithoutVideo } from '../failure.ts'
import { type Failure, inconclusiveStatus, isSuccess, type ProviderResponse } from '../http.ts'
import { lenient, text } from '../lenient.ts'
import type { Outcome, Submitted } from '../provider.ts'
import { refusalByStatus, taskMissing } from '../status-faults.ts'

const provider = 'AI/ML API'

export function readAcknowledgement(response: ProviderResponse, nowMs: number): Result<Submitted> {
  if (isSuccess(response)) {
    // The header repeats the id of the generation, in case the body is unreadable.
    const named = namedSchema.safeParse(response.body)
    const id = named.success ? named.data.id : (response.headers.get('x-inference-id') ?? '')
    if (id !== '') return ok({ providerTaskId: id })
  }
  // A 5xx or a success without an id: the generation may have been created and charged.
  return refusalOf(response, nowMs) ?? inconclusiveStatus('billable', provider, response)
}

/** A response that contains the generation decides, whatever its HTTP status. */
export function readStatus(response: ProviderResponse, taskId: string, nowMs: number): Result<Outcome> {
  const generation = generationSchema.safeParse(response.body)
  // A success without an id is about the requested generation.
  const isAboutTask =
    generation.success && (generation.data.id ?? (isSuccess(response) ? taskId : null)) === taskId
  if (isAboutTask) return ok(outcomeOf(generation.data, taskId, response.headers))
  return taskMissing(provider, response, refusalOf(response, nowMs))
}

export function refusalOf(response: ProviderResponse, nowMs: number): Failure | null {
  const problem = problemSchema.safeParse(response.body)
  const message = problem.success ? (problem.data.message ?? '') : ''
  return refusalByStatus(response, { provider, message }, nowMs)
}

function outcomeOf({ status, video, error, meta }: Generation, id: string, headers: Headers): Outcome {
  const cost = costOf(meta?.usage ?? null, headers)
  switch (status.toLowerCase()) {
    case 'queued':
    case 'generating':
      return { state: 'pending', finished: [], faults: [] }
    case 'completed':
      if (video == null) return finishedWithoutVideo(provider)
      return { state: 'done', outputs: [{ id, url: video.url }], faults: [], ...(cost && { cost }) }
    case 'error': {
      const fault = generationFault(error?.name ?? '', error?.message ?? '')
      return { state: 'failed', fault, ...(cost && { cost }) }
    }
    default:
      return { state: 'pending', finished: [], faults: [], unknownStatus: status }
  }
}

function generationFault(name: string, message: string): Fault {
  return failureFault(provider, failureCodeIn(`${name} ${message}`), name, { name, message })
}

// US dollars if reported; they are documented only for the response to a submission. Otherwise credits.
function costOf(usage: Usage | null, headers: Headers): Cost | null {
  const source = 'provider' as const
  const usd = usage?.usd_spent ?? headerNumber(headers, 'x-aimlapi-usd-spent')
  if (usd !== null) return { amount_usd: usd, source }
  const credits = usage?.credits_used ?? headerNumber(headers, 'x-aimlapi-credits-used')
  return credits === null ? null : { credits, source }
}

// A zero in a header is the price of this request, not of the video.
function headerNumber(headers: Headers, name: string): number | null {
  const value = Number(headers.get(name) ?? 0)
  return Number.isFinite(value) && value > 0 ? value : null
}

const namedSchema = z.object({ id: z.string().min(1) })

const problemSchema = z.object({ message: text })

const amount = lenient(z.number().nonnegative())
const usageSchema = z.object({ credits_used: amount, usd_spent: amount })

const generationSchema = z.object({
  id: text,
  status: z.string(),
  video: lenient(z.object({ url: z.string().min(1) })),
  error: lenient(z.object({ name: text, message: text })),
  meta: lenient(z.object({ usage: lenient(usageSchema) })),
})

type Generation = z.infer<typeof generationSchema>
type Usage = z.infer<typeof usageSchema>
