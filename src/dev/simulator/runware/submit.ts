import { type Directives, readDirectives } from '../directives.ts'
import { planSize } from '../media.ts'
import { submitUnderFault } from '../submission.ts'
import { planFailure, planTimeline, type RunwareTask } from '../task.ts'
import { type RetryPolicy, scheduleWebhooks } from '../webhooks.ts'
import { accept, record, type World } from '../world.ts'
import { type Refusal, refusal, refuseBroken, refuseIssue, refuseOnPurpose } from './errors.ts'
import { priceOf, type RunwareRequest, runwareRequest } from './request.ts'
import { webhooksFor } from './results.ts'
import { uploadOutputs } from './upload.ts'

export type PartialResponse = { data: unknown[]; errors: Refusal[] }

/** Waits of 250 ms, doubling up to 8 s. The number of attempts is not documented. */
const retryPolicy: RetryPolicy = {
  attempts: 8,
  isAccepted: (status) => status >= 200 && status < 300,
  waitMs: (attempt) => Math.min(8000, 250 * 2 ** (attempt - 1)),
}

export async function submit(world: World, task: unknown): Promise<PartialResponse> {
  const read = runwareRequest.safeParse(task, { reportInput: true })
  if (!read.success) {
    const errors = read.error.issues.map((issue) => refuseIssue(issue, task))
    return refuse(world, errors)
  }
  const request = read.data
  const directed = readDirectives(request.positivePrompt, 'runware')
  if (!directed.ok) {
    return refuse(world, [refusal(400, 'invalidPositivePrompt', directed.message, task)])
  }
  if (world.tasks.has(request.taskUUID)) {
    const message = 'A task with this taskUUID already exists'
    return refuse(world, [refusal(400, 'conflictTaskUUID', message, task)])
  }

  return submitUnderFault(world, {
    provider: 'runware',
    directives: directed.directives,
    attempt: request.taskUUID,
    run: () => run(world, request, directed.directives),
    accepted: ({ taskId }: RunwareTask): PartialResponse => ({
      data: [{ taskType: request.taskType, taskUUID: taskId }],
      errors: [],
    }),
    broken: () => ({ data: [], errors: [refuseBroken(task)] }),
    refused: (fault) => refuse(world, [refuseOnPurpose(fault, task)]),
  })
}

/** `X-Runware-Dry-Run: 1` validates and prices a task. The documents do not show the shape of the response. */
export function dryRun(task: unknown): PartialResponse {
  const read = runwareRequest.safeParse(task, { reportInput: true })
  if (!read.success) {
    return { data: [], errors: read.error.issues.map((issue) => refuseIssue(issue, task)) }
  }
  const { taskType, taskUUID, numberResults = 1 } = read.data
  return { data: [{ taskType, taskUUID, cost: priceOf(read.data) * numberResults }], errors: [] }
}

async function run(world: World, request: RunwareRequest, directives: Directives) {
  const task = planTask(world, request, directives)
  // No await between the check for a duplicate taskUUID and this line, so that the check is atomic.
  accept(world, task)
  await uploadOutputs(world, task)
  await scheduleWebhooks(world, task, webhooksFor(world, task), retryPolicy)
  return task
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

function refuse(world: World, errors: Refusal[]): PartialResponse {
  for (const { status, error } of errors.slice(0, 1)) {
    const taskId = error.taskUUID
    record(world, { provider: 'runware', what: 'submit.refused', status, ...(taskId && { taskId }) })
  }
  return { data: [], errors }
}
