/**
 * Tasks that a restored database may have forgotten. The job's next task may have been bought in the forgotten time, so it
 * is treated as a submission whose response was lost: it is looked for under the reference that it has in any case, and
 * another is bought only where that is proven to be the same purchase.
 */
import type { Context } from '../../context.ts'
import { type Fault, fault } from '../../core/fault.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import type { Restoration } from '../../core/restoration.ts'
import { planUpload } from '../../provider-uploads/plan.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import type { OpenTask, Task } from '../../store/jobs/tasks.ts'
import type { Unknown } from './attempt.ts'
import { otherProviders } from './other-providers.ts'

export async function forgottenAttempt(
  context: Context,
  { job }: Claim,
  provider: Provider,
  next: OpenTask,
): Promise<Unknown> {
  const { awaitsUpload } = await planUpload(context, provider, job, next)
  // Nothing was bought before the job was created.
  const intendedAt = Math.min(next.intendedAt, job.createdAt)
  return {
    result: 'unknown',
    task: { ...next, awaitsUpload, intendedAt, unknownAt: context.now() },
    fault: forgotten(provider.name),
    waitMs: 0,
  }
}

/** Whether no other provider can have taken the job in the forgotten time, under a reference that is known. */
export function isOnlyHere(claim: Claim, task: Task, { to }: Restoration): boolean {
  // A database without a mark may have forgotten tasks of a version whose references were random.
  return to !== null && otherProviders(claim, task).length === 0
}

/** No call of it is recorded. */
export function isForgotten({ status, attempts }: Task): boolean {
  return status === 'unknown' && attempts === 0
}

export function forgotten(provider: ProviderName): Fault {
  return fault(
    'submit_unknown',
    `The database was restored to an older copy, and ${provider} may have been given the task before.`,
  )
}
