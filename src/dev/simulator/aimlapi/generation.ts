/** A generation as AI/ML API shows it. */

import { linkInResponse } from '../links.ts'
import { type AimlapiTask, type Failure, stageOf } from '../task.ts'
import type { World } from '../world.ts'
import { usdOf } from './request.ts'

export function generationView(world: World, task: AimlapiTask): unknown {
  const { taskId: id } = task
  switch (stageOf(task, world.edges.now())) {
    case 'pending':
      return { id, status: 'queued' }
    case 'running':
      return { id, status: 'generating' }
    case 'ended':
      return endedView(world, task)
  }
}

/** The cost so far: nothing is charged before the end, or for a failure. */
export function usageOf(task: AimlapiTask, now: number): { credits: number; usd: number } {
  const isCharged = stageOf(task, now) === 'ended' && task.outputs[0].failure === undefined
  const credits = isCharged ? task.credits : 0
  return { credits, usd: usdOf(credits) }
}

function endedView(world: World, task: AimlapiTask): unknown {
  const { taskId: id } = task
  const [output] = task.outputs
  if (output.failure !== undefined) return failedView(id, output.failure)
  const { credits, usd } = usageOf(task, world.edges.now())
  return {
    id,
    status: 'completed',
    video: task.directives.link === 'none' ? null : { url: linkInResponse(world, task, output) },
    // The documented example of a success has an `error`, too: only the status counts.
    error: { name: '<name>', message: '<message>' },
    meta: { usage: { credits_used: credits, usd_spent: usd } },
  }
}

export function failedView(id: string, failure: Failure): unknown {
  return { id, status: 'error', video: null, error: failureError(failure) }
}

function failureError(failure: Failure): { name: string; message: string } {
  switch (failure) {
    case 'moderated':
      return { name: 'ContentPolicyViolation', message: 'The content was blocked by the content policy' }
    case 'provider':
      return { name: 'ProviderError', message: 'The upstream provider could not make this video' }
    case 'timeout':
      return { name: 'TimeoutError', message: 'The generation timed out' }
    case 'canceled':
      return { name: 'Canceled', message: 'The generation was canceled' }
  }
}
