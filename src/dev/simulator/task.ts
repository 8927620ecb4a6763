/** One accepted task, and its state as a pure function of time. */

import type { AimlapiRequest } from './aimlapi/request.ts'
import type { BytePlusRequest } from './byteplus/request.ts'
import type { CrunRequest } from './crun/request.ts'
import type { Directives } from './directives.ts'
import type { FalInput } from './fal/request.ts'
import type { RunwareRequest } from './runware/request.ts'
import type { ScenarioModel, ScenarioRequest } from './scenario/request.ts'

export type SimulatedTask = RunwareTask | CrunTask | ScenarioTask | AimlapiTask | BytePlusTask | FalTask

export interface RunwareTask extends AnyTask {
  provider: 'runware'
  request: RunwareRequest
  outputs: readonly SeededOutput[]
}

export interface SeededOutput extends SimulatedOutput {
  seed: number
}

export interface CrunTask extends AnyTask {
  provider: 'crun'
  request: CrunRequest
  /** In Crun's credits: the price of a task that succeeds. */
  credits: number
}

export interface ScenarioTask extends AnyTask {
  provider: 'scenario'
  model: ScenarioModel
  /** With Scenario's defaults filled in. */
  request: ScenarioRequest
  webhookUrl: undefined
  outputs: readonly [SimulatedOutput]
  /** In Scenario's units: the price of a job that succeeds. */
  creativeUnits: number
}

export interface AimlapiTask extends AnyTask {
  provider: 'aimlapi'
  request: AimlapiRequest
  webhookUrl: undefined
  outputs: readonly [SimulatedOutput]
  /** The client's id of the request, if it sent one. Several requests may share it. */
  clientRequestId: string | undefined
  /** In AI/ML API's credits: the price of a generation that succeeds. */
  credits: number
}

export interface BytePlusTask extends AnyTask {
  provider: 'byteplus'
  request: BytePlusRequest
  outputs: readonly [SimulatedOutput]
  /** Its record was erased by a DELETE. */
  isErased: boolean
}

export interface FalTask extends AnyTask {
  provider: 'fal'
  /** The owner and the app, which the addresses of its requests share. */
  app: string
  requestId: string
  /** With fal's defaults filled in. */
  request: FalInput
}

interface AnyTask {
  taskId: string
  directives: Directives
  webhookUrl: string | undefined
  outputs: readonly SimulatedOutput[]
  acceptedAt: number
  /** Pending before this time, running from it on. */
  startedAt: number
  /** When the last output ended. */
  endsAt: number
  billedUsd: number
  /** Absent: it was not canceled. */
  canceledAt?: number
}

export interface SimulatedOutput {
  outputId: string
  endsAt: number
  /** The size that its link serves without faults. */
  sizeBytes: number
  failure: Failure | undefined
}

export type Failure = 'moderated' | 'provider' | 'timeout' | 'canceled'

/** The time between the ends of two results of a task. */
const BETWEEN_RESULTS_MS = 50

/** With `webhook=announced`, how long the status still shows "running" after the webhook. */
const ANNOUNCED_EARLY_MS = 3000

interface Timeline {
  acceptedAt: number
  startedAt: number
  endsAt: number
  resultEndsAt: number[]
}

/** `pace`: how long a task is pending, and then running. */
export function planTimeline(
  { now, pace }: { now: () => number; pace: { queuedMs: number; runningMs: number } },
  directives: Directives,
  results: number,
): Timeline {
  const acceptedAt = now()
  if (hasWebhookOption(directives, 'early')) {
    const resultEndsAt = Array.from({ length: results }, () => acceptedAt)
    return { acceptedAt, startedAt: acceptedAt, endsAt: acceptedAt, resultEndsAt }
  }
  const startedAt = acceptedAt + pace.queuedMs
  const runningMs = directives.seconds === undefined ? pace.runningMs : directives.seconds * 1000
  const firstEndsAt = startedAt + runningMs
  const apartMs = directives.apart === undefined ? BETWEEN_RESULTS_MS : directives.apart * 1000
  const resultEndsAt = Array.from({ length: results }, (_, index) => firstEndsAt + index * apartMs)
  return { acceptedAt, startedAt, endsAt: resultEndsAt.at(-1) ?? firstEndsAt, resultEndsAt }
}

export function planFailure(directives: Directives, index: number, results: number): Failure | undefined {
  if (directives.fail !== 'some') return directives.fail
  return index === results - 1 ? 'provider' : undefined
}

/** Ends the task without a video and without a bill, as if every result had failed. The route decides whether it may. */
export function cancelTask(task: SimulatedTask, now: number): void {
  task.canceledAt = now
  task.endsAt = now
  task.billedUsd = 0
  for (const output of task.outputs)
    Object.assign(output, { endsAt: now, failure: 'canceled' } satisfies Partial<SimulatedOutput>)
}

type Stage = 'pending' | 'running' | 'ended'

/** The stage that a poll shows. */
export function stageOf(task: SimulatedTask, now: number): Stage {
  if (now >= shownAt(task, task.endsAt)) return 'ended'
  return now >= task.startedAt ? 'running' : 'pending'
}

export function endedOutputs(task: RunwareTask, now: number): SeededOutput[] {
  return task.outputs.filter((output) => now >= shownAt(task, output.endsAt))
}

export function progressOf(task: SimulatedTask, now: number): number {
  const whole = shownAt(task, task.endsAt) - task.startedAt
  return whole === 0 ? 100 : Math.min(100, Math.floor((100 * (now - task.startedAt)) / whole))
}

/** A result, twice with `named=twice`. */
export function repeated<Result>({ directives }: SimulatedTask, result: Result): Result[] {
  return directives.named === 'twice' ? [result, result] : [result]
}

export function hasWebhookOption(
  directives: Directives,
  word: NonNullable<Directives['webhook']>[number],
): boolean {
  return directives.webhook?.includes(word) ?? false
}

function shownAt(task: SimulatedTask, endsAt: number): number {
  return hasWebhookOption(task.directives, 'announced') ? endsAt + ANNOUNCED_EARLY_MS : endsAt
}
