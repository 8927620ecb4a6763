/** The task object: the response to GET, an item of the list, and the body of each callback. */

import { linkInResponse, linkInWebhook } from '../links.ts'
import { type BytePlusTask, type Failure, stageOf } from '../task.ts'
import type { PlannedWebhook } from '../webhooks.ts'
import type { World } from '../world.ts'
import { secondsOf, tokensOf } from './price.ts'

export const statuses = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired'] as const

export type Status = (typeof statuses)[number]

export function statusOf(task: BytePlusTask, now: number): Status {
  if (task.canceledAt !== undefined) return 'cancelled'
  switch (stageOf(task, now)) {
    case 'pending':
      return 'queued'
    case 'running':
      return 'running'
    case 'ended':
      return endOf(task)
  }
}

export function taskView(world: World, task: BytePlusTask): unknown {
  return viewWith(world, task, statusOf(task, world.edges.now()), linkInResponse)
}

/** With a status of its own, for faults on request. */
export function openView(task: BytePlusTask, status: string) {
  const { model, resolution = '720p', ratio = 'adaptive', generate_audio = true } = task.request
  const { execution_expires_after = 172_800, priority = 0 } = task.request
  return {
    id: task.taskId,
    model,
    status,
    error: null,
    created_at: epochSeconds(task.acceptedAt),
    updated_at: epochSeconds(task.acceptedAt),
    service_tier: 'default',
    execution_expires_after,
    priority,
    resolution,
    ratio: ratio === 'adaptive' ? '16:9' : ratio,
    duration: secondsOf(task.request),
    framespersecond: 24,
    generate_audio,
    draft: false,
  }
}

export function failedView(task: BytePlusTask, failure: Failure) {
  const { status, error } = failures[failure]
  return { ...openView(task, status), error, updated_at: epochSeconds(task.endsAt) }
}

/** A callback for every change of the status. One at the end is repeated if it is not acknowledged. */
export function webhooksFor(world: World, task: BytePlusTask): PlannedWebhook[] {
  // No callback about a canceled task is documented.
  const isDropped = () => endOf(task) === 'cancelled'
  return [
    { at: task.acceptedAt, kind: 'change', body: () => openView(task, 'queued') },
    {
      at: task.startedAt,
      kind: 'change',
      body: () => openView(task, 'running'),
      isDropped: () => task.canceledAt !== undefined,
    },
    {
      at: task.endsAt,
      kind: 'end',
      body: () => viewWith(world, task, endOf(task), linkInWebhook),
      isDropped,
    },
  ]
}

function viewWith(
  world: World,
  task: BytePlusTask,
  status: Status,
  makeLink: typeof linkInResponse,
): unknown {
  const failure = task.outputs[0].failure
  if (status === 'queued' || status === 'running' || status === 'cancelled') return openView(task, status)
  if (failure !== undefined) return failedView(task, failure)
  const tokens = tokensOf(task.request)
  return {
    ...openView(task, status),
    updated_at: epochSeconds(task.endsAt),
    content: task.directives.link === 'none' ? {} : { video_url: makeLink(world, task, task.outputs[0]) },
    usage: { completion_tokens: tokens, total_tokens: tokens },
    seed: 58944,
  }
}

function endOf({ outputs: [{ failure }] }: BytePlusTask): Status {
  return failure === undefined ? 'succeeded' : failures[failure].status
}

const failures: Record<Failure, { status: Status; error: { code: string; message: string } | null }> = {
  moderated: {
    status: 'failed',
    error: {
      code: 'OutputVideoSensitiveContentDetected',
      message: 'The request failed because the output video may contain sensitive information.',
    },
  },
  provider: {
    status: 'failed',
    error: { code: 'InternalServiceError', message: 'The service encountered an unexpected internal error.' },
  },
  timeout: { status: 'expired', error: null },
  canceled: { status: 'cancelled', error: null },
}

function epochSeconds(ms: number): number {
  return Math.floor(ms / 1000)
}
