/** The providers' bills, compared with the task rows, the requests and the costs in the events. */
import { z } from 'zod'
import type { SimulatedTask } from '../../../src/dev/simulator/task.ts'
import type { Case, Evidence } from './evidence.ts'
import { forEach, type Law } from './law.ts'

export function lawsOfPurchases({ cases, strayBills }: Pick<Evidence, 'cases' | 'strayBills'>): Law[] {
  return [
    forEach('no task is bought twice: every bill has its task row', cases, faultsOfTasks),
    forEach('no job buys more outputs than it requested', cases, faultsOfCount),
    forEach('the cost in an event covers what the provider billed, or is null', cases, faultsOfCost),
    {
      name: 'every bill belongs to a job',
      checked: strayBills.length + cases.reduce((sum, { bills }) => sum + bills.length, 0),
      breaches: strayBills.map(({ provider, taskId }) => `${provider} was sent ${taskId}`),
    },
  ]
}

/**
 * Every bill has one task row. A row that never got its task's id accounts for at most one bill: the task failed, or its job
 * was canceled before its response came.
 */
function faultsOfTasks({ bills, rows }: Case): string[] {
  const ids = rows.tasks.flatMap(({ provider_task_id }) => provider_task_id ?? [])
  const withoutResponse = rows.jobs[0]?.status === 'canceled' ? ['intended', 'unknown'] : ['unknown']
  const withoutId = rows.tasks.filter(
    ({ provider_task_id, status }) =>
      provider_task_id === null && [...withoutResponse, 'failed'].includes(String(status)),
  ).length
  const matched = bills.filter(({ taskId }) => ids.includes(taskId))
  const unmatched = bills.length - matched.length
  return [
    ...(new Set(ids).size === ids.length ? [] : ['two task rows have the same provider task']),
    ...(matched.length === ids.length ? [] : ['a task row names a task that was never bought']),
    ...(unmatched <= withoutId
      ? []
      : [`${unmatched} bills have no id in ${withoutId} task rows without one`]),
  ]
}

/** A task counts whether it succeeds or not. A refused submission is no task. */
function faultsOfCount({ bills, plan }: Case): string[] {
  const requested = Number(plan.request.count ?? 1)
  const bought = bills.reduce((sum, { outputs }) => sum + outputs.length, 0)
  return bought <= requested ? [] : [`bought ${bought} outputs, ${requested} were requested`]
}

/** An estimate may exceed the bill, because a failed task is free. It must not be lower. */
function faultsOfCost({ bills, received }: Case): string[] {
  return received.flatMap(({ body }) => {
    const { cost } = jobEvent.parse(JSON.parse(body)).data
    if (cost === null) return []
    const unit = cost.credits === undefined ? 'amount_usd' : 'credits'
    const reported = cost[unit] ?? 0
    const billed = bills.reduce((sum, task) => sum + billOf(task)[unit], 0)
    const isEstimate = cost.source !== 'provider'
    const isRight = isSameAmount(reported, billed) || (isEstimate && reported > billed)
    return isRight ? [] : [`reports ${reported} ${unit} (${cost.source}), but ${billed} was billed`]
  })
}

function billOf(task: SimulatedTask): { amount_usd: number; credits: number } {
  const isBilled = task.billedUsd > 0
  return { amount_usd: task.billedUsd, credits: isBilled ? creditsOf(task) : 0 }
}

function creditsOf(task: SimulatedTask): number {
  switch (task.provider) {
    case 'runware':
    case 'byteplus':
    case 'fal':
      return 0
    case 'crun':
    case 'aimlapi':
      return task.credits
    case 'scenario':
      return task.creativeUnits
  }
}

// Sums are rounded to a millionth of a dollar.
function isSameAmount(left: number, right: number): boolean {
  return Math.abs(left - right) < 1e-5
}

const jobEvent = z.object({
  data: z.object({
    cost: z
      .object({
        credits: z.number().optional(),
        amount_usd: z.number().optional(),
        source: z.string(),
      })
      .nullable(),
  }),
})
