/**
 * identify: what became of a submission whose answer was lost? The provider's own way of finding it, or a webhook
 * that names a task of this job which no other ledger line owns.
 */
import type { Context } from '../context.ts'
import { done, fault, type Result } from '../core/fault.ts'
import { maxDeadlineSeconds } from '../core/request.ts'
import { resolveWaitMs } from '../core/schedule.ts'
import { refusalsIn } from '../core/trouble.ts'
import type { Provider, Submitted } from '../providers/provider.ts'
import type { Claim } from '../store/claim.ts'
import { type Task, taskIdsSince } from '../store/tasks.ts'
import { type HeardItem, heardItems } from './heard.ts'

/** `absent`: it never arrived and may be sent again. A fault: not known yet. */
export async function identify(
  context: Context,
  claim: Claim,
  provider: Provider | undefined,
  line: Task,
): Promise<Result<Submitted | 'absent'>> {
  if (provider === undefined) return fault('answer_lost', `The key of ${line.provider} was taken away.`)
  if (provider.find !== undefined) {
    const { clientReference, intendedAt } = line
    // What other jobs own cannot be ours; none that is still running was accepted longer ago than a deadline lasts.
    const since = intendedAt - maxDeadlineSeconds * 1_000
    const knownTaskIds = new Set(await taskIdsSince(context.db, provider.name, since))
    const found = await provider.find({
      clientReference,
      request: claim.job.request,
      intendedAt,
      knownTaskIds,
    })
    if (found.ok && found.value === 'absent' && line.arrival !== null) {
      return fault('answer_lost', `${provider.name} does not know the task, but has uploaded its video.`)
    }
    return found
  }
  return identifyByWebhook(claim, provider, line)
}

/** In how long it is asked again. Null where nothing can be asked: only a webhook helps, or the deadline. */
export function askAgainAfterMs(
  { now }: Context,
  claim: Claim,
  provider: Provider | undefined,
  { intendedAt }: Task,
): number | null {
  if (provider === undefined) return null
  if (provider.find !== undefined) return resolveWaitMs(now() - intendedAt)
  const namedAt = unownedItems(claim, provider).map(({ heardAt }) => heardAt)
  return namedAt.length === 0 ? null : resolveWaitMs(now() - Math.max(...namedAt))
}

// A callback URL may leak: made-up ids must not become thousands of questions under our key.
const most = {
  /** Questions at one step. */
  questions: 4,
  /** So often an id is asked about, for a provider may not know a task yet when its webhook names it. */
  refusals: 5,
  idLength: 200,
}

function unownedItems(claim: Claim, provider: Provider): HeardItem[] {
  const owned = new Set(claim.tasks.map(({ providerTaskId }) => providerTaskId))
  return heardItems(claim, provider).filter(
    ({ providerTaskId: id }) => !owned.has(id) && id.length <= most.idLength,
  )
}

/** The webhook's word alone is not enough: the provider must know the task. Ids that it denies are remembered. */
async function identifyByWebhook(claim: Claim, provider: Provider, line: Task): Promise<Result<Submitted>> {
  const refused = refusalsIn(line.fault)
  const named = new Set(unownedItems(claim, provider).map(({ providerTaskId }) => providerTaskId))
  const times = (id: string) => refused.get(id) ?? 0
  // The newest first, and the least refused before them: a true one waits behind forged ones for a few steps at most.
  const candidates = [...named]
    .reverse()
    .filter((id) => times(id) < most.refusals)
    .sort((a, b) => times(a) - times(b))
  for (const providerTaskId of candidates.slice(0, most.questions)) {
    const answer = await provider.check({ ...line, providerTaskId })
    if (answer.ok) return done({ providerTaskId })
    if (answer.fault.code === 'task_lost') refused.set(providerTaskId, times(providerTaskId) + 1)
  }
  const message = `${provider.name} did not say whether it accepted the task.`
  return fault('answer_lost', message, { evidence: { refused: Object.fromEntries(refused) } })
}
