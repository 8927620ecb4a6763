/** What was bought: by the provider's own books, held against the ledger. */
import type { SimulatedTask } from '../../src/simulator/task.ts'
import type { Case, Evidence } from './evidence.ts'
import { each, type Law } from './law.ts'

export function ofBills({ cases, strayBills }: Evidence): Law[] {
  return [
    each('no task was billed twice', cases, billedOnce),
    each('no more outputs were billed than asked for', cases, billedAsAsked),
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

function billedAsAsked({ bills, plan }: Case): string[] {
  const asked = Number(plan.request.count ?? 1)
  const made = bills.flatMap(madeBy).length
  return made <= asked ? [] : [`${made} outputs were billed, and ${asked} asked for`]
}

function madeBy({ outputs }: SimulatedTask) {
  return outputs.filter(({ failure }) => failure === undefined)
}
