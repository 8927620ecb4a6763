/** The documented parameters that have no request field, and the models that take them. */
import { z } from 'zod'
import type { JobRequest } from '../../core/request/request.ts'
import type { Reason } from '../provider.ts'

export const options = z.strictObject({
  watermark: z.boolean().optional(),
  return_last_frame: z.boolean().optional(),
  /** Among the waiting tasks of the account. */
  priority: z.int().min(0).max(9).optional(),
  /** The hash of an end user. */
  safety_identifier: z.string().min(1).max(64).optional(),
  /** Of Seedance 2.5: what the references are for. */
  omni_reference_task_type: z.enum(['auto', 'reference', 'edit', 'extend']).optional(),
})

export function optionsOf({ provider_options }: WithOptions) {
  return options.parse(provider_options.byteplus ?? {})
}

/** The documented rules for the options, for a request whose options are valid by themselves. */
export function refuseOptions(request: JobRequest): Reason[] {
  const taskType = taskTypeOf(request)
  if (taskType === undefined) return []
  const reasons: Reason[] = []
  if (request.model !== 'seedance-2.5') {
    const path = 'provider_options.byteplus.omni_reference_task_type'
    reasons.push({ path, message: 'can only be used with seedance-2.5' })
  }
  if (takesShapeOfInput(request) && (request.aspect_ratio ?? 'auto') !== 'auto') {
    reasons.push({ path: 'aspect_ratio', message: `must be auto to ${taskType} a video` })
  }
  return reasons
}

/** An edited or extended video keeps its shape. */
export function takesShapeOfInput(request: WithOptions): boolean {
  const taskType = taskTypeOf(request)
  return taskType === 'edit' || taskType === 'extend'
}

/** Undefined also for options that are not valid: those are refused by their schema. */
function taskTypeOf({ provider_options }: WithOptions) {
  return options.safeParse(provider_options.byteplus ?? {}).data?.omni_reference_task_type
}

type WithOptions = Pick<JobRequest, 'provider_options'>
