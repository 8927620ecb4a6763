/** The responses and webhooks of BytePlus about one task. */

import { z } from 'zod'
import type { Cost } from '../../core/cost.ts'
import { ok, type Result } from '../../core/fault.ts'
import { failureFault, finishedWithoutVideo } from '../failure.ts'
import { inconclusiveStatus, isSuccess, type ProviderResponse } from '../http.ts'
import type { Outcome, Submitted, WebhookItem } from '../provider.ts'
import { taskMissing } from '../status-faults.ts'
import { failureOfTask, refusalOf, title } from './errors.ts'
import { billOf, nothing } from './prices.ts'
import type { Region } from './region.ts'
import { type ArkTask, taskSchema } from './task.ts'

export function readAcknowledgement(response: ProviderResponse, nowMs: number): Result<Submitted> {
  const accepted = acceptedSchema.safeParse(response.body)
  if (isSuccess(response) && accepted.success) return ok({ providerTaskId: accepted.data.id })
  // A 5xx or a success without an id: the task may have been accepted.
  return refusalOf(response, nowMs) ?? inconclusiveStatus('billable', title, response)
}

/** The task itself. A response that contains it decides, whatever its HTTP status. */
export function readTask(response: ProviderResponse, taskId: string, nowMs: number): Result<ArkTask> {
  const task = taskSchema.safeParse(response.body)
  if (task.success && task.data.id === taskId) return ok(task.data)
  return taskMissing(title, response, refusalOf(response, nowMs))
}

export function readWebhook(body: unknown, region: Region): WebhookItem[] {
  const task = taskSchema.safeParse(body)
  return task.success ? [{ providerTaskId: task.data.id, outcome: outcomeOf(task.data, region) }] : []
}

/** Six statuses: one page omits `expired`, two others have it. */
export function outcomeOf(task: ArkTask, region: Region): Outcome {
  switch (task.status.toLowerCase()) {
    case 'queued':
    case 'running':
      return { state: 'pending', finished: [], faults: [] }
    case 'succeeded': {
      const url = task.content?.video_url
      if (url == null) return finishedWithoutVideo(title)
      return {
        state: 'done',
        outputs: [{ id: task.id, url }],
        faults: [],
        ...costField(billOf(task, region)),
      }
    }
    case 'failed':
      return { state: 'failed', fault: failureOfTask(task.error), ...costField(nothing(region)) }
    case 'expired':
      return ended(task, 'provider_timeout', region)
    case 'cancelled':
      return ended(task, 'provider_canceled', region)
    default:
      return { state: 'pending', finished: [], faults: [], unknownStatus: task.status }
  }
}

function ended({ status }: ArkTask, code: 'provider_timeout' | 'provider_canceled', region: Region): Outcome {
  const fault = failureFault(title, code, status, { status })
  return { state: 'failed', fault, ...costField(nothing(region)) }
}

function costField(cost: Cost | null): { cost?: Cost } {
  return cost === null ? {} : { cost }
}

const acceptedSchema = z.object({ id: z.string().min(1) })
