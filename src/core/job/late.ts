/**
 * Late results: a job that failed at its deadline may still get the videos that its provider finishes afterwards. The job
 * stays failed. A canceled job gets none, because its caller no longer wants it. No I/O. No clock.
 */
import type { Fault, FaultCode } from '../fault.ts'
import type { ProviderName } from '../request/choices.ts'
import type { JobStatus } from './job.ts'
import type { TaskStatus } from './task.ts'

interface LateTask {
  provider: ProviderName
  providerTaskId: string | null
  status: TaskStatus
  fault: Fault | null
}

/** The faults that end a task because time ran out: its provider has not said that it ended. */
export const lateFaults = [
  'deadline_exceeded',
  'submit_unknown',
  'internal_error',
] as const satisfies FaultCode[]

/** Whether the job, as it ends, begins to wait for late results. */
export function opensLateCheck(
  job: { status: JobStatus; provider: ProviderName; deadlineAt: number; settledAt: number | null },
  tasks: readonly LateTask[],
): boolean {
  if (job.status !== 'failed' || job.settledAt === null || job.settledAt < job.deadlineAt) return false
  return tasks.some((task) => awaitsLateResult(job, task))
}

/** Whether the task may still bring a video. One that succeeded in part may bring the rest. */
export function awaitsLateResult(
  job: { provider: ProviderName },
  { provider, providerTaskId, status, fault }: LateTask,
): boolean {
  // A job has bought from one provider. Another task of it was refused, or replaced.
  if (provider !== job.provider || (status !== 'failed' && status !== 'succeeded')) return false
  const isOpen = lateFaults.some((code) => code === fault?.code)
  return isOpen && (providerTaskId !== null || fault?.code === 'submit_unknown')
}
