/** The responses and webhooks of the simulator. A webhook has the body of a status response. */
import { z } from 'zod'
import { ok, type Result } from '../../core/fault.ts'
import { type FailureCode, failureFault, finishedWithoutVideo } from '../failure.ts'
import { inconclusiveStatus, isSuccess, type ProviderResponse } from '../http.ts'
import { lenient } from '../lenient.ts'
import type { Outcome, Submitted, WebhookItem } from '../provider.ts'
import { refusalByStatus, taskMissing } from '../status-faults.ts'

const provider = 'The simulator'

export const freeOfCharge = { amount_usd: 0 } as const

export function readAcknowledgement(response: ProviderResponse, nowMs: number): Result<Submitted> {
  const task = acknowledgementSchema.safeParse(response.body)
  if (isSuccess(response) && task.success) return ok({ providerTaskId: task.data.id })
  return refusalOf(response, nowMs) ?? inconclusiveStatus('billable', provider, response)
}

export function readStatus(response: ProviderResponse, taskId: string, nowMs: number): Result<Outcome> {
  const task = taskSchema.safeParse(response.body)
  if (task.success && task.data.id === taskId) return ok(outcomeOf(task.data))
  return taskMissing(provider, response, refusalOf(response, nowMs))
}

export function readWebhook(body: unknown): WebhookItem[] {
  const task = taskSchema.safeParse(body)
  return task.success ? [{ providerTaskId: task.data.id, outcome: outcomeOf(task.data) }] : []
}

function refusalOf(response: ProviderResponse, nowMs: number) {
  return refusalByStatus(response, { provider, message: '' }, nowMs)
}

function outcomeOf({ id, status, progress, videos, failure }: Task): Outcome {
  const cost = { ...freeOfCharge, source: 'provider' } as const
  switch (status) {
    case 'running':
      return { state: 'pending', finished: [], faults: [], ...(progress != null && { progress }) }
    case 'done': {
      if (videos.length === 0) return finishedWithoutVideo(provider)
      const outputs = videos.map((url, index) => ({ id: `${id}-${index + 1}`, url }))
      return { state: 'done', outputs, faults: [], cost }
    }
    case 'failed': {
      const fault = failureFault(provider, failureCodes[failure ?? 'failed'], failure, {})
      return { state: 'failed', fault, cost }
    }
    default:
      return { state: 'pending', finished: [], faults: [], unknownStatus: status }
  }
}

const failures = ['failed', 'moderation'] as const

const failureCodes: Record<(typeof failures)[number], FailureCode> = {
  failed: 'generation_failed',
  moderation: 'moderated',
}

const acknowledgementSchema = z.object({ id: z.string().min(1) })

const taskSchema = z.object({
  id: z.string().min(1),
  status: z.string(),
  progress: lenient(z.number().min(0).max(100)),
  videos: z.array(z.string()).catch([]),
  failure: lenient(z.enum(failures)),
})

type Task = z.infer<typeof taskSchema>
