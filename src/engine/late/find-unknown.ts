/** Looks for tasks whose submission was still unknown at the deadline. Nothing is submitted again. */
import type { Context } from '../../context.ts'
import type { Result } from '../../core/fault.ts'
import { awaitsLateResult } from '../../core/job/late.ts'
import type { Missing, Submitted } from '../../providers/provider.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import type { LateClaim } from '../../store/late/claim.ts'
import type { Heartbeat } from '../heartbeat.ts'
import { recoverSubmission } from '../submit/recover.ts'

/** All tasks of the job; one that was found has its provider's id. */
export async function findUnknown(context: Context, claim: LateClaim, keepLease: Heartbeat): Promise<Task[]> {
  let { tasks } = claim
  // One after the other: two tasks must not find the same submission.
  for (const task of claim.tasks) {
    if (task.providerTaskId !== null || !awaitsLateResult(claim.job, task)) continue
    await keepLease()
    const provider = context.providers[task.provider]
    const recovered = await recoverSubmission(context, { ...claim, tasks }, provider, task)
    const after = afterRecovery(task, recovered, context.now())
    tasks = tasks.map((other) => (other === task ? after : other))
  }
  return tasks
}

function afterRecovery(task: Task, recovered: Result<Submitted | Missing>, nowMs: number): Task {
  if (task.status !== 'failed') return task
  if (recovered.ok) {
    return typeof recovered.value === 'string'
      ? task
      : { ...task, providerTaskId: recovered.value.providerTaskId, submittedAt: nowMs }
  }
  // Which ids the provider denied is remembered, so that forged webhooks do not hide the true one.
  const { deniedTaskIds = {} } = recovered.fault
  const isKnown = JSON.stringify(deniedTaskIds) === JSON.stringify(task.fault.deniedTaskIds ?? {})
  return isKnown ? task : { ...task, fault: { ...task.fault, deniedTaskIds } }
}
