/** The records of tasks: they live for a week, those of canceled tasks for a day, and a DELETE may erase them. */

import { type BytePlusTask, cancelTask } from '../task.ts'
import type { World } from '../world.ts'
import type { Refusal } from './responses.ts'
import { unknownTask } from './responses.ts'
import { statusOf } from './view.ts'

const DAY_MS = 24 * 3600 * 1000

/** In the order of their creation. */
export function recordsOf(world: World): BytePlusTask[] {
  return [...world.tasks.values()].filter(
    (task): task is BytePlusTask => task.provider === 'byteplus' && hasRecord(task, world.edges.now()),
  )
}

export function recordOf(world: World, taskId: string): BytePlusTask | undefined {
  const task = world.tasks.get(taskId)
  return task?.provider === 'byteplus' && hasRecord(task, world.edges.now()) ? task : undefined
}

/** Null: done. A queued task is canceled; of an ended one the record is erased, and the link to its video with it. */
export function deleteTask(world: World, taskId: string): Refusal | null {
  const task = recordOf(world, taskId)
  if (task === undefined) return unknownTask
  const now = world.edges.now()
  const status = statusOf(task, now)
  switch (status) {
    case 'queued':
      cancelTask(task, now)
      return null
    case 'running':
    case 'cancelled':
      return {
        status: 409,
        code: 'InvalidAction',
        message: `A task that is ${status} cannot be deleted or canceled.`,
      }
    case 'succeeded':
    case 'failed':
    case 'expired':
      task.isErased = true
      return null
  }
}

function hasRecord(task: BytePlusTask, now: number): boolean {
  if (task.isErased) return false
  const { canceledAt } = task
  return canceledAt === undefined ? now < task.acceptedAt + 7 * DAY_MS : now < canceledAt + DAY_MS
}
