import type { ProviderName } from '../../core/request/choices.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import type { Task } from '../../store/jobs/tasks.ts'

/**
 * The providers that the job allows and that have not refused it, in the caller's order. One before the current provider
 * may be among them: it was skipped because it had no free slot.
 */
export function otherProviders({ job, tasks }: Claim, { provider }: Task): ProviderName[] {
  const refused = tasks.filter(({ status }) => status === 'rejected').map((task) => task.provider)
  return job.providers.filter((name) => name !== provider && !refused.includes(name))
}
