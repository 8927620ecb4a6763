/** What was bought: by the provider's own books, held against the ledger. */
import type { Case, Evidence } from './evidence.ts'
import { each, type Law } from './law.ts'

export function ofBills({ cases, strayBills }: Evidence): Law[] {
  return [
    each('no task was billed twice', cases, billedOnce),
    each('no more was bought than asked for, whatever was refused or lost', cases, boughtAsAsked),
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
