/**
 * Takes a webhook from the queue: verifies its signature if its provider signs, journals it and claims its job, in one
 * round trip. Its content is a hint, not a fact.
 */
import type { Context } from '../context.ts'
import { parseJson } from '../core/http/json.ts'
import { type Claim, claimWithWebhook } from '../store/jobs/claim.ts'
import { type PostedWebhook, verdictOn, withoutSignature } from './signature.ts'

/**
 * `late`: the job has ended, and the webhook may announce a late result. Null: the webhook changes nothing, or another step
 * has the job and takes it up. Throws if its signature cannot be verified yet: the queue delivers it again, and in the end as
 * a dead letter.
 */
export async function recordWebhook(
  context: Context,
  webhook: PostedWebhook,
): Promise<Claim | 'late' | null> {
  const { jobId, provider, receivedAt } = webhook
  const verdict = await verdictOn(context, webhook)
  if (verdict === 'invalid') return null
  if (verdict === 'undecided') throw new Error('the signature of a webhook cannot be verified yet')
  const received = { ...withoutSignature(webhook), isProgress: isProgress(context, webhook) }
  const [db, lease] = [context.dbOf(jobId), crypto.randomUUID()]
  const { result, claim } = await claimWithWebhook(db, received, lease, context.now())
  context.log('webhook.received', {
    job_id: jobId,
    provider,
    result,
    waited_ms: context.now() - receivedAt,
  })
  return result === 'awaited' ? 'late' : claim
}

/** Whether the webhook reports only progress. A poll of this provider would learn nothing more. */
function isProgress(
  { providers }: Pick<Context, 'providers'>,
  { provider: name, body }: PostedWebhook,
): boolean {
  const provider = providers[name]
  if (provider === undefined || provider.capabilities.showsProgress) return false
  const items = provider.parseWebhook?.(parseJson(body)) ?? []
  return items.length > 0 && items.every(({ outcome }) => outcome.state === 'pending' && !outcome.withheld)
}
