/** A task as Runware shows it, in a status response and in a webhook. */

import { linkInResponse, linkInWebhook } from '../links.ts'
import {
  endedOutputs,
  hasWebhookOption,
  progressOf,
  type RunwareTask,
  repeated,
  type SeededOutput,
  stageOf,
} from '../task.ts'
import type { PlannedWebhook } from '../webhooks.ts'
import type { World } from '../world.ts'
import { failureError, type RunwareError } from './errors.ts'
import { priceOf } from './request.ts'

interface Results {
  data: unknown[]
  errors: RunwareError[]
}

/** The results that have ended; before the first has ended, the processing task itself. */
export function resultsOf(world: World, task: RunwareTask): Results {
  const ended = endedOutputs(task, world.edges.now())
  if (ended.length === 0) return { data: [processing(task, world.edges.now())], errors: [] }
  return {
    data: ended
      .filter((output) => output.failure === undefined)
      .flatMap((output) =>
        repeated(
          task,
          success(task, output, () => linkInResponse(world, task, output)),
        ),
      ),
    errors: ended.flatMap(({ failure }) => (failure === undefined ? [] : failureError(failure, task.taskId))),
  }
}

/** One webhook for each result. */
export function webhooksFor(world: World, task: RunwareTask): PlannedWebhook[] {
  const progress: PlannedWebhook = {
    at: (task.startedAt + task.endsAt) / 2,
    kind: 'progress',
    body: () => shape(task, processing(task, world.edges.now())),
  }
  const ends = task.outputs.map(
    (output): PlannedWebhook => ({
      at: output.endsAt,
      kind: 'end',
      body: () =>
        output.failure === undefined
          ? shapeAll(
              task,
              repeated(
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
    // Not documented: whether an uploaded video also has a link.
    ...(task.directives.link !== 'none' && { videoURL: link() }),
    seed: output.seed,
    ...(task.request.includeCost === true && { cost: priceOf(task.request) }),
  }
}

function shapeAll(task: RunwareTask, items: unknown[]): unknown {
  if (items.length === 1) return shape(task, items[0])
  return hasWebhookOption(task.directives, 'array') ? items : { data: items }
}

/** Runware's documents show the webhook unwrapped in one place and wrapped in another. */
function shape(task: RunwareTask, item: unknown): unknown {
  if (hasWebhookOption(task.directives, 'wrapped')) return { data: [item] }
  return hasWebhookOption(task.directives, 'array') ? [item] : item
}

function shapeError(task: RunwareTask, error: RunwareError): unknown {
  if (hasWebhookOption(task.directives, 'wrapped')) return { errors: [error] }
  return hasWebhookOption(task.directives, 'array') ? [error] : error
}
