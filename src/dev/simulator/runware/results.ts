/** What Runware says about a task: in a status answer, and in a webhook. */

import { linkInAnswer, linkInWebhook } from '../links.ts'
import {
  endedOutputs,
  listed,
  progressOf,
  type RunwareTask,
  type SeededOutput,
  saysWebhook,
  stageOf,
} from '../task.ts'
import type { Notice } from '../webhooks.ts'
import type { World } from '../world.ts'
import { failureError, type RunwareError } from './errors.ts'
import { priceOf } from './request.ts'

interface Standing {
  data: unknown[]
  errors: RunwareError[]
}

/** Everything that has ended so far; only while nothing has, the task itself, still processing. */
export function standingOf(world: World, task: RunwareTask): Standing {
  const ended = endedOutputs(task, world.edges.now())
  if (ended.length === 0) return { data: [processing(task, world.edges.now())], errors: [] }
  return {
    data: ended
      .filter((output) => output.failure === undefined)
      .flatMap((output) =>
        listed(
          task,
          success(task, output, () => linkInAnswer(world, task, output)),
        ),
      ),
    errors: ended.flatMap(({ failure }) => (failure === undefined ? [] : failureError(failure, task.taskId))),
  }
}

/** One webhook for each result. */
export function noticesOf(world: World, task: RunwareTask): Notice[] {
  const progress: Notice = {
    at: (task.startedAt + task.endsAt) / 2,
    kind: 'progress',
    body: () => shape(task, processing(task, world.edges.now())),
  }
  const ends = task.outputs.map(
    (output): Notice => ({
      at: output.endsAt,
      kind: 'end',
      body: () =>
        output.failure === undefined
          ? shapeAll(
              task,
              listed(
                task,
                success(task, output, () => linkInWebhook(world, task, output)),
              ),
            )
          : shapeError(task, failureError(output.failure, task.taskId)),
    }),
  )
  return [progress, ...ends]
}

function processing(task: RunwareTask, now: number) {
  const item = { taskType: 'videoInference', taskUUID: task.taskId, status: 'processing' }
  return stageOf(task, now) === 'pending' ? item : { ...item, progress: progressOf(task, now) }
}

function success(task: RunwareTask, output: SeededOutput, link: () => string) {
  return {
    taskType: 'videoInference',
    taskUUID: task.taskId,
    status: 'success',
    videoUUID: output.outputId,
    // Whether a video that was uploaded has a link still is not documented.
    ...(task.directives.link !== 'none' && { videoURL: link() }),
    seed: output.seed,
    ...(task.request.includeCost === true && { cost: priceOf(task.request) }),
  }
}

function shapeAll(task: RunwareTask, items: unknown[]): unknown {
  if (items.length === 1) return shape(task, items[0])
  return saysWebhook(task.directives, 'array') ? items : { data: items }
}

/** The vendor's documents show the webhook flat in one place and wrapped in another. */
function shape(task: RunwareTask, item: unknown): unknown {
  if (saysWebhook(task.directives, 'wrapped')) return { data: [item] }
  return saysWebhook(task.directives, 'array') ? [item] : item
}

function shapeError(task: RunwareTask, error: RunwareError): unknown {
  if (saysWebhook(task.directives, 'wrapped')) return { errors: [error] }
  return saysWebhook(task.directives, 'array') ? [error] : error
}
