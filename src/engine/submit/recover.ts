/**
 * identify: what became of a submission whose answer was lost? The provider's own way of finding it, or a webhook
 * that names a task which no ledger line of any job owns. Only what is proven is an answer.
 */
import type { Context } from '../../context.ts'
import { type Fault, fail, ok, type Result } from '../../core/fault.ts'
import { resolveWaitMs } from '../../core/schedule-waits.ts'
import type { LostSubmission, Outcome, Provider, Submitted } from '../../providers/provider.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { type Task, takenTaskIds } from '../../store/jobs/tasks.ts'
import { type ReceivedItem, receivedItems } from '../poll/hints.ts'
import { inputAssetsOf } from './inputs.ts'

/**
 * `not_found`: it does not show, which proves nothing. `answer_lost`: there was nothing to ask, or the answer does not
 * tell. Every other fault: the provider could not be asked.
 */
export async function recoverSubmission(
  context: Context,
  claim: Claim,
  provider: Provider | undefined,
  line: Task,
): Promise<Result<Submitted | 'not_found'>> {
  if (provider === undefined) return fail('answer_lost', `The key of ${line.provider} was taken away.`)
  if (isShown(claim, provider, line)) return ok({ providerTaskId: line.clientReference })
  const lost: LostSubmission = {
    clientReference: line.clientReference,
    request: claim.job.request,
    intendedAt: line.intendedAt,
    assets: inputAssetsOf(claim, line),
    heldAmong: (taskIds) => takenTaskIds(context.db, provider.name, taskIds),
  }
  return provider.findSubmission === undefined
    ? identifyByWebhook(claim, provider, line, lost)
    : findFree(provider, provider.findSubmission, lost)
}

/** What the provider shows for it, unless another submission has that already: then it cannot be this one's too. */
async function findFree(
  { name }: Provider,
  find: NonNullable<Provider['findSubmission']>,
  lost: LostSubmission,
): Promise<Result<Submitted | 'not_found'>> {
  const found = await find(lost)
  if (!found.ok || found.value === 'not_found') return found
  const { providerTaskId } = found.value
  const held = await lost.heldAmong([providerTaskId])
  return held.has(providerTaskId)
    ? fail('answer_lost', `${name} names a task for it that another submission has.`)
    : found
}

/**
 * Something was received under the name that we gave the task: the provider has it, whatever its status says. The status
 * may not show it until the deadline, and only a submitted task keeps its video then.
 */
function isShown(claim: Claim, provider: Provider, { clientReference }: Task): boolean {
  return receivedItems(claim, provider).some(({ providerTaskId }) => providerTaskId === clientReference)
}

/** In how long it is asked again. Null where nothing can be asked: only a webhook helps, or the deadline. */
export function recoverAgainAfterMs(
  { now }: Context,
  claim: Claim,
  provider: Provider | undefined,
  { unknownAt }: Task,
): number | null {
  if (provider === undefined) return null
  if (provider.findSubmission !== undefined) return resolveWaitMs(now() - (unknownAt ?? now()))
  const namedAt = unownedItems(claim, provider).map(({ receivedAt }) => receivedAt)
  return namedAt.length === 0 ? null : resolveWaitMs(now() - Math.max(...namedAt))
}

// A callback URL may leak: made-up ids must not become thousands of questions under our key.
const most = {
  /** Questions at one step. */
  questions: 4,
  /** Questions about one id: a provider may not know a task yet when its webhook names it. */
  refusals: 5,
  /** Ids of one job that are asked about at all. */
  ids: 40,
  idLength: 200,
}

function unownedItems(claim: Claim, provider: Provider): ReceivedItem[] {
  const owned = new Set(claim.tasks.map(({ providerTaskId }) => providerTaskId))
  return receivedItems(claim, provider).filter(
    ({ providerTaskId: id }) => !owned.has(id) && id.length <= most.idLength,
  )
}

/** The webhook's word alone is not enough: the provider must know the task. Ids that it denies are remembered. */
async function identifyByWebhook(
  claim: Claim,
  provider: Provider,
  line: Task,
  { heldAmong }: LostSubmission,
): Promise<Result<Submitted>> {
  const refused = new Map(Object.entries(line.fault?.deniedTaskIds ?? {}))
  const named = new Set(unownedItems(claim, provider).map(({ providerTaskId }) => providerTaskId))
  const times = (id: string) => refused.get(id) ?? 0
  // The newest first, and the least refused before them: a true one waits behind forged ones for a few steps at most.
  const candidates = [...named]
    .reverse()
    .filter((id) => (refused.has(id) ? times(id) < most.refusals : refused.size < most.ids))
    .sort((a, b) => times(a) - times(b))
    .slice(0, most.questions)
  // Whoever has a callback URL can name what another job has bought.
  const held = await heldAmong(candidates)
  const unheard: Fault[] = []
  for (const providerTaskId of candidates) {
    if (held.has(providerTaskId)) {
      refused.set(providerTaskId, most.refusals)
      continue
    }
    const answer = await provider.getStatus({ ...line, providerTaskId })
    if (answer.ok && isForeign(answer.value, claim)) refused.set(providerTaskId, most.refusals)
    else if (answer.ok) return ok({ providerTaskId })
    else if (answer.fault.code === 'task_lost') refused.set(providerTaskId, times(providerTaskId) + 1)
    else unheard.push(answer.fault)
  }
  const [first] = unheard
  const message = `${provider.name} did not say whether it accepted the task.`
  const deniedTaskIds = Object.fromEntries(refused)
  return first === undefined
    ? fail('answer_lost', message, { deniedTaskIds })
    : { ok: false, fault: { ...first, deniedTaskIds } }
}

/** A task that was submitted with another job's callback URL is that job's, though no line of it holds the task yet. */
function isForeign({ callbackUrl }: Outcome, { job }: Claim): boolean {
  return callbackUrl !== undefined && !callbackUrl.includes(`/${job.id}/`)
}
