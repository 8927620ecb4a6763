import { type Directives, dueFault, readDirectives } from '../directives.ts'
import { planSize } from '../media.ts'
import { planFailure, planTimeline, type RunwareTask } from '../task.ts'
import { announce, type Manners } from '../webhooks.ts'
import { accept, loseAnswer, record, replaceAnswer, type World } from '../world.ts'
import { type Refusal, refusal, refuseBroken, refuseIssue, refuseOnPurpose } from './errors.ts'
import { priceOf, type RunwareRequest, runwareRequest } from './request.ts'
import { noticesOf } from './results.ts'
import { uploadOutputs } from './upload.ts'

export type Piece = { data: unknown[]; errors: Refusal[] }

/** A quarter of a second, doubling, never more than 8 s. How many attempts is not documented. */
const manners: Manners = {
  attempts: 8,
  isHeard: (status) => status >= 200 && status < 300,
  waitMs: (attempt) => Math.min(8000, 250 * 2 ** (attempt - 1)),
}

export async function submit(world: World, asked: unknown): Promise<Piece> {
  const read = runwareRequest.safeParse(asked, { reportInput: true })
  if (!read.success) {
    const errors = read.error.issues.map((issue) => refuseIssue(issue, asked))
    return refuse(world, errors)
  }
  const request = read.data
  const directed = readDirectives(request.positivePrompt)
  if (!directed.ok) {
    return refuse(world, [refusal(400, 'invalidPositivePrompt', directed.complaint, asked)])
  }
  if (world.tasks.has(request.taskUUID)) {
    const words = 'A task with this taskUUID already exists'
    return refuse(world, [refusal(400, 'conflictTaskUUID', words, asked)])
  }

  const fault = dueFault(directed.directives.submit, world.count(`submit ${request.taskUUID}`))
  switch (fault) {
    case undefined:
      return (await run(world, request, directed.directives)).piece
    case 'reset-before':
      throw loseAnswer(world, 'runware', request.taskUUID)
    case 'lost-after':
      await run(world, request, directed.directives)
      throw loseAnswer(world, 'runware', request.taskUUID)
    case '504-after':
    case 'garbage-after':
      throw replaceAnswer(world, (await run(world, request, directed.directives)).task, fault)
    case '500-after':
      await run(world, request, directed.directives)
      return { data: [], errors: [refuseBroken(asked)] }
    case '402':
    case '403':
    case '429':
    case '455':
    case '500-before':
    case '503':
    case '505':
      return refuse(world, [refuseOnPurpose(fault, asked)])
  }
}

/** `X-Runware-Dry-Run: 1` checks and prices. The documents do not show the answer's shape. */
export function rehearse(asked: unknown): Piece {
  const read = runwareRequest.safeParse(asked, { reportInput: true })
  if (!read.success) {
    return { data: [], errors: read.error.issues.map((issue) => refuseIssue(issue, asked)) }
  }
  const { taskType, taskUUID, numberResults = 1 } = read.data
  return { data: [{ taskType, taskUUID, cost: priceOf(read.data) * numberResults }], errors: [] }
}

async function run(world: World, request: RunwareRequest, directives: Directives) {
  const task = planTask(world, request, directives)
  // No await between asking whether the taskUUID is taken and taking it.
  accept(world, task)
  await uploadOutputs(world, task)
  await announce(world, task, noticesOf(world, task), manners)
  const piece: Piece = { data: [{ taskType: request.taskType, taskUUID: request.taskUUID }], errors: [] }
  return { task, piece }
}

function planTask(world: World, request: RunwareRequest, directives: Directives): RunwareTask {
  const results = request.numberResults ?? 1
  const { resultEndsAt, ...times } = planTimeline(world.edges, directives, results)
  const outputs = resultEndsAt.map((endsAt, index) => {
    const outputId = crypto.randomUUID()
    return {
      outputId,
      endsAt,
      seed: Math.floor(Math.random() * 2 ** 31),
      sizeBytes: planSize(world.edges.picture, outputId, directives.megabytes),
      failure: planFailure(directives, index, results),
    }
  })
  const made = outputs.filter(({ failure }) => failure === undefined).length
  return {
    provider: 'runware',
    taskId: request.taskUUID,
    request,
    directives,
    webhookUrl: request.webhookURL,
    outputs,
    ...times,
    billedUsd: priceOf(request) * made,
  }
}

function refuse(world: World, errors: Refusal[]): Piece {
  for (const { status, error } of errors.slice(0, 1)) {
    const taskId = error.taskUUID
    record(world, { provider: 'runware', what: 'submit.refused', status, ...(taskId && { taskId }) })
  }
  return { data: [], errors }
}
