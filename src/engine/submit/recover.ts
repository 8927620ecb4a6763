/**
 * Finds a submission whose response was lost: by the provider's lookup, or by a webhook that names a task which no job has.
 * A task is accepted only when it is proven to be this submission.
 */
import type { Context } from '../../context.ts'
import { type Fault, fail, ok, type Result } from '../../core/fault.ts'
import { resolveWaitMs } from '../../core/schedule/waits.ts'
import type { LostSubmission, Missing, Outcome, Provider, Submitted } from '../../providers/provider.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { type Task, takenTaskIds } from '../../store/jobs/tasks.ts'
import { type ReceivedItem, receivedItems } from '../poll/hints.ts'
import { inputAssetsOf, type Submitting } from './inputs.ts'

/** The job and all that was received for it. */
type Recovering = Submitting & Pick<Claim, 'webhooks'>

/**
 * `Missing`: the provider does not show it. `answer_lost`: there is no way to ask, or the response
 * does not say. Every other fault: the provider could not be asked.
 */
export async function recoverSubmission(
  context: Context,
  claim: Recovering,
  provider: Provider | undefined,
  task: Task,
): Promise<Result<Submitted | Missing>> {
  if (provider === undefined) return fail('answer_lost', `The API key of ${task.provider} was removed.`)
  if (isNamed(claim, provider, task)) return ok({ providerTaskId: task.clientReference })
  const lost: LostSubmission = {
    clientReference: task.clientReference,
    request: claim.job.request,
    intendedAt: task.intendedAt,
    assets: inputAssetsOf(claim, task),
    namedTaskIds: namedIds(claim, provider).slice(0, limits.requestsPerStep),
    heldAmong: (taskIds) => takenTaskIds(context, provider.name, taskIds),
  }
  return provider.findSubmission === undefined
    ? findByWebhook(claim, provider, task, lost)
    : findUntaken(provider, provider.findSubmission, lost)
}

/**
 * A webhook or an upload came under our own reference: the provider has the task, whatever its status endpoint shows. The
 * status may not show it before the deadline, and only a submitted task keeps its video then.
 */
function isNamed(claim: Recovering, provider: Provider, { clientReference }: Task): boolean {
  return receivedItems(claim, provider).some(({ providerTaskId }) => providerTaskId === clientReference)
}

/** A task that another submission has cannot be this one's too. */
async function findUntaken(
  { name }: Provider,
  find: NonNullable<Provider['findSubmission']>,
  lost: LostSubmission,
): Promise<Result<Submitted | Missing>> {
  const result = await find(lost)
  if (!result.ok || typeof result.value === 'string') return result
  const { providerTaskId } = result.value
  const taken = await lost.heldAmong([providerTaskId])
  return taken.has(providerTaskId)
    ? fail('answer_lost', `${name} names a task for it that another submission has.`)
    : result
}

/**
 * A webhook alone is no proof: the provider must know the task. The task's fault remembers how often the provider did not
 * know each id.
 */
async function findByWebhook(
  claim: Recovering,
  provider: Provider,
  task: Task,
  { heldAmong }: LostSubmission,
): Promise<Result<Submitted>> {
  const refused = new Map(Object.entries(task.fault?.deniedTaskIds ?? {}))
  const refusalsOf = (id: string) => refused.get(id) ?? 0
  // The least refused first, then the newest: a true id waits behind forged ones for a few steps at most.
  const candidates = namedIds(claim, provider)
    .filter((id) => (refused.has(id) ? refusalsOf(id) < limits.refusalsPerId : refused.size < limits.ids))
    .sort((a, b) => refusalsOf(a) - refusalsOf(b))
    .slice(0, limits.requestsPerStep)
  // Anyone with a callback URL can name a task that another job has bought.
  const taken = await heldAmong(candidates)
  const unanswered: Fault[] = []
  for (const providerTaskId of candidates) {
    if (taken.has(providerTaskId)) {
      refused.set(providerTaskId, limits.refusalsPerId)
      continue
    }
    const response = await provider.getStatus({ ...task, providerTaskId })
    if (response.ok && isForeign(response.value, claim)) refused.set(providerTaskId, limits.refusalsPerId)
    else if (response.ok) return ok({ providerTaskId })
    else if (response.fault.code === 'task_lost') refused.set(providerTaskId, refusalsOf(providerTaskId) + 1)
    else unanswered.push(response.fault)
  }
  const [first] = unanswered
  const message = `${provider.name} did not say whether it accepted the task.`
  const deniedTaskIds = Object.fromEntries(refused)
  return first === undefined
    ? fail('answer_lost', message, { deniedTaskIds })
    : { ok: false, fault: { ...first, deniedTaskIds } }
}

// A callback URL may leak: made-up ids must not become thousands of requests under our key.
const limits = {
  requestsPerStep: 4,
  /** A provider may not know a task yet when its webhook names it. */
  refusalsPerId: 5,
  ids: 40,
  idLength: 200,
}

/** The tasks that webhooks named and that the job does not have. The newest first. */
export function namedIds(claim: Recovering, provider: Provider): string[] {
  return [...new Set(untakenItems(claim, provider).map(({ providerTaskId }) => providerTaskId))].reverse()
}

function untakenItems(claim: Recovering, provider: Provider): ReceivedItem[] {
  const taken = new Set(claim.tasks.map(({ providerTaskId }) => providerTaskId))
  return receivedItems(claim, provider).filter(
    ({ providerTaskId: id }) => !taken.has(id) && id.length <= limits.idLength,
  )
}

/** A task with another job's callback URL is that job's, though that job may not have recorded it yet. */
function isForeign({ callbackUrl }: Outcome, { job }: Recovering): boolean {
  return callbackUrl !== undefined && !callbackUrl.includes(`/${job.id}/`)
}

/** Null: there is no way to ask. Only a webhook helps, or the deadline ends it. */
export function recoverAgainAfterMs(
  { now }: Context,
  claim: Recovering,
  provider: Provider | undefined,
  { unknownAt }: Task,
): number | null {
  if (provider === undefined) return null
  if (provider.findSubmission !== undefined) return resolveWaitMs(now() - (unknownAt ?? now()))
  const namedAt = untakenItems(claim, provider).map(({ receivedAt }) => receivedAt)
  return namedAt.length === 0 ? null : resolveWaitMs(now() - Math.max(...namedAt))
}
