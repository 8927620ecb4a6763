/** What was bought: by the provider's own books, held against the ledger and against what the caller was told. */
import { z } from 'zod'
import type { SimulatedTask } from '../../src/dev/simulator/task.ts'
import type { Case, Evidence } from './evidence.ts'
import { each, type Law } from './law.ts'

export function ofBills({ cases, strayBills }: Evidence): Law[] {
  return [
    each('no task was billed twice', cases, billedOnce),
    each('no more was bought than asked for, whatever was refused or lost', cases, boughtAsAsked),
    each("a job's cost is what its provider billed, or says that it does not know", cases, costAsBilled),
    {
      says: 'nothing was bought for nobody',
      checked: strayBills.length + cases.reduce((sum, { bills }) => sum + bills.length, 0),
      breaches: strayBills.map(({ provider, taskId }) => `${provider} was asked for ${taskId}`),
    },
  ]
}

/** Every bill has its own line in the ledger; a line that never learned its task's name owns one at the most. */
function billedOnce({ bills, rows }: Case): string[] {
  const named = rows.tasks.flatMap(({ provider_task_id }) => provider_task_id ?? [])
  const nameless = rows.tasks.filter(
    (line) => line.provider_task_id === null && line.status === 'failed',
  ).length
  const owned = bills.filter(({ taskId }) => named.includes(taskId))
  const unowned = bills.length - owned.length
  return [
    ...(new Set(named).size === named.length ? [] : ['two lines of its ledger name one task']),
    ...(owned.length === named.length ? [] : ['its ledger names a task that was never bought']),
    ...(unowned <= nameless ? [] : [`${unowned} bills, and ${nameless} lines that may own them`]),
  ]
}

/** A task counts whether its generation succeeds or not: what a provider refuses is no task. */
function boughtAsAsked({ bills, plan }: Case): string[] {
  const asked = Number(plan.request.count ?? 1)
  const bought = bills.reduce((sum, { outputs }) => sum + outputs.length, 0)
  return bought <= asked ? [] : [`${bought} outputs were bought, and ${asked} asked for`]
}

/** An estimate may be higher than the bill, for a task that failed is free; it never leaves out what was paid. */
function costAsBilled({ bills, told }: Case): string[] {
  return told.flatMap(({ body }) => {
    const { cost } = jobEvent.parse(JSON.parse(body)).data
    if (cost === null) return []
    const unit = cost.credits === undefined ? 'amount_usd' : 'credits'
    const said = cost[unit] ?? 0
    const billed = bills.reduce((sum, task) => sum + billOf(task)[unit], 0)
    const isRight = cost.source === 'provider' ? isSame(said, billed) : said > billed || isSame(said, billed)
    return isRight ? [] : [`says ${said} ${unit} (${cost.source}), and ${billed} were billed`]
  })
}

function billOf(task: SimulatedTask): { amount_usd: number; credits: number } {
  const isBilled = task.billedUsd > 0
  return { amount_usd: task.billedUsd, credits: isBilled ? creditsOf(task) : 0 }
}

function creditsOf(task: SimulatedTask): number {
  switch (task.provider) {
    case 'runware':
      return 0
    case 'crun':
    case 'aimlapi':
      return task.credits
    case 'scenario':
      return task.creativeUnits
  }
}

// Sums are rounded to a millionth of a dollar.
function isSame(said: number, billed: number): boolean {
  return Math.abs(said - billed) < 1e-5
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
