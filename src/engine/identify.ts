/**
 * identify: what became of a submission whose answer was lost? The provider's own way of finding it, or a webhook
 * that names a task which no ledger line of any job owns. Only what is proven is an answer.
 */
import type { Context } from '../context.ts'
import { done, fault, type Result } from '../core/fault.ts'
import { resolveWaitMs } from '../core/schedule.ts'
import type { LostSubmission, Provider, Submitted } from '../providers/provider.ts'
import type { Claim } from '../store/claim.ts'
import { heldTaskIds, type Task } from '../store/tasks.ts'
import { type HeardItem, heardItems } from './heard.ts'
import { assetsOf } from './upload.ts'

/** `not found`: it does not show, which proves nothing. A fault: it could not be learned now. */
export async function identify(
  context: Context,
  claim: Claim,
  provider: Provider | undefined,
  line: Task,
): Promise<Result<Submitted | 'not found'>> {
  if (provider === undefined) return fault('answer_lost', `The key of ${line.provider} was taken away.`)
  const lost: LostSubmission = {
    clientReference: line.clientReference,
    request: claim.job.request,
    intendedAt: line.intendedAt,
    assets: assetsOf(claim, provider),
    heldAmong: (taskIds) => heldTaskIds(context.db, provider.name, taskIds),
  }
  const named = await identifyByWebhook(claim, provider, line, lost)
  if (named !== null) return done(named)
  return provider.find === undefined ? done('not found') : provider.find(lost)
}

/** In how long it is asked again. Null where nothing can be asked: only a webhook helps, or the deadline. */
export function askAgainAfterMs(
  { now }: Context,
  claim: Claim,
  provider: Provider | undefined,
  { unknownAt }: Task,
): number | null {
  if (provider === undefined) return null
  if (provider.find !== undefined) return resolveWaitMs(now() - (unknownAt ?? now()))
  const namedAt = unownedItems(claim, provider).map(({ heardAt }) => heardAt)
  return namedAt.length === 0 ? null : resolveWaitMs(now() - Math.max(...namedAt))
}

function unownedItems(claim: Claim, provider: Provider): HeardItem[] {
  const owned = new Set(claim.tasks.map(({ providerTaskId }) => providerTaskId))
  return heardItems(claim, provider).filter(({ providerTaskId }) => !owned.has(providerTaskId))
}

async function identifyByWebhook(
  claim: Claim,
  provider: Provider,
  line: Task,
  { heldAmong }: LostSubmission,
): Promise<Submitted | null> {
  const named = new Set(unownedItems(claim, provider).map(({ providerTaskId }) => providerTaskId))
  if (named.size === 0) return null
  // Whoever has a callback URL can name what another job has bought.
  const held = await heldAmong([...named])
  for (const providerTaskId of named) {
    if (held.has(providerTaskId)) continue
    // The webhook's word alone is not enough: the provider must know the task.
    const answer = await provider.check({ ...line, providerTaskId })
    if (answer.ok) return { providerTaskId }
  }
  return null
}
