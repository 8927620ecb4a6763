/** The `data` object of a status response, which is also the body of the callback. */

import { linkInResponse, linkInWebhook } from '../links.ts'
import { type CrunTask, type Failure, hasWebhookOption, repeated, stageOf } from '../task.ts'
import type { PlannedWebhook } from '../webhooks.ts'
import type { World } from '../world.ts'

/** While a task runs, slightly more credits are reserved than it finally costs. */
const RESERVED_SHARE = 1.05

export function taskInfo(world: World, task: CrunTask): unknown {
  const stage = stageOf(task, world.edges.now())
  return stage === 'ended' ? endedInfo(world, task, linkInResponse) : openInfo(task, stage)
}

/** Crun sends one callback, at the end. */
export function webhooksFor(world: World, task: CrunTask): PlannedWebhook[] {
  return [
    {
      at: task.startedAt,
      kind: 'progress',
      body: () => shape(task, openInfo(task, 'running')),
    },
    {
      at: task.endsAt,
      kind: 'end',
      body: () => shape(task, endedInfo(world, task, linkInWebhook)),
    },
  ]
}

export function openInfo(task: CrunTask, status: string) {
  return {
    ...commonInfo(task),
    status,
    result: null,
    credits: Math.ceil(task.credits * RESERVED_SHARE),
    duration_s: null,
    complete_at: null,
  }
}

export function failedInfo(task: CrunTask, failure: Failure) {
  return {
    ...commonInfo(task),
    duration_s: Math.round((task.endsAt - task.acceptedAt) / 1000),
    complete_at: epochSeconds(task.endsAt),
    status: 'failed',
    credits: 0,
    result: { code: 501, message: failureMessage(failure) },
  }
}

function endedInfo(world: World, task: CrunTask, makeLink: typeof linkInResponse) {
  const failure = task.outputs.find((output) => output.failure !== undefined)?.failure
  if (failure !== undefined) return failedInfo(task, failure)
  const ended = {
    ...commonInfo(task),
    duration_s: Math.round((task.endsAt - task.acceptedAt) / 1000),
    complete_at: epochSeconds(task.endsAt),
  }
  const links = task.outputs.flatMap((output) => repeated(task, makeLink(world, task, output)))
  const media_urls = task.directives.link === 'none' ? [] : links
  const result = { code: 200, message: 'success', media_urls }
  return { ...ended, status: 'success', credits: task.credits, result }
}

function commonInfo(task: CrunTask) {
  const [provider, model_version] = task.request.model.split('/')
  return {
    task_id: task.taskId,
    provider,
    model_version,
    // The whole request, including callback_url.
    param: task.request,
    create_at: epochSeconds(task.acceptedAt),
    source: 'api',
  }
}

function failureMessage(failure: Failure): string {
  switch (failure) {
    case 'moderated':
      return 'The content was blocked by the content policy'
    case 'provider':
      return 'The generation failed at the provider'
    case 'timeout':
      return 'The generation timed out'
    case 'canceled':
      return 'The generation was canceled'
  }
}

function shape(task: CrunTask, info: unknown): unknown {
  return hasWebhookOption(task.directives, 'wrapped') ? { code: 200, message: 'success', data: info } : info
}

function epochSeconds(ms: number): number {
  return Math.floor(ms / 1000)
}
