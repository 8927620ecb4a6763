/**
 * upload: hand the request's media to a provider that takes them only under its own ids, one a step. Each id is
 * remembered on the ledger line, so that a crash repeats one upload at the most, and none is billed.
 */
import type { Context } from '../context.ts'
import { type Fault, fault, mayTryAgain, type Result } from '../core/fault.ts'
import { kindAt, mediaOf } from '../core/media.ts'
import { withInput } from '../media/input.ts'
import type { InputMedia, Provider } from '../providers/provider.ts'
import type { Claim } from '../store/claim.ts'
import type { Step } from '../store/commit.ts'
import type { Task } from '../store/tasks.ts'
import { keepLease } from './keep-lease.ts'
import { putOff, reject } from './refused.ts'

/** Null: there is nothing (more) to upload. */
export async function upload(
  context: Context,
  claim: Claim,
  provider: Provider,
  line: Task,
): Promise<Step | null> {
  if (provider.upload === undefined) return null
  const known = uploadsTo(claim, provider)
  const next = mediaOf(claim.job.request).find(({ path }) => known[path] === undefined)
  if (next === undefined) return null

  const startedAt = context.now()
  const answer = await hand(context, claim, provider.upload, next)
  context.log('media.uploaded', {
    ...{ job_id: claim.job.id, provider: provider.name, path: next.path },
    ...{ duration_ms: context.now() - startedAt, fault: answer.ok ? undefined : answer.fault.code },
  })
  if (!answer.ok) return refuse(context, claim, line, named(answer.fault, next.path))
  const uploads = { ...line.uploads, [next.path]: answer.value.assetId }
  return { status: 'queued', tasks: [{ ...line, status: 'preparing', uploads }], next: 'now' }
}

/** The request's media as they stand in it → their ids at the provider. */
export function assetsOf(claim: Claim, provider: Provider): ReadonlyMap<string, string> {
  const known = uploadsTo(claim, provider)
  const pairs = mediaOf(claim.job.request).flatMap(({ path, value }): [string, string][] => {
    const assetId = known[path]
    return assetId === undefined ? [] : [[value, assetId]]
  })
  return new Map(pairs)
}

// What one line uploaded serves the others of the job, too.
function uploadsTo({ tasks }: Claim, provider: Provider): Record<string, string> {
  return Object.assign(
    {},
    ...tasks.filter((task) => task.provider === provider.name).map(({ uploads }) => uploads),
  )
}

function hand(
  context: Context,
  { job }: Claim,
  give: (media: InputMedia) => Promise<Result<{ assetId: string }>>,
  { path, value }: { path: string; value: string },
): Promise<Result<{ assetId: string }>> {
  const { fetch, guard, db, bucket } = context
  const settings = { fetch, guard, db, bucket, maxBytes: maxInputBytes, onProgress: keepLease(context, job) }
  const kind = kindAt(path)
  return withInput(settings, { value, kind }, (input) => give({ ...input, kind }))
}

// More than any documented limit of an input.
const maxInputBytes = 512 * 1024 * 1024

function refuse(context: Context, claim: Claim, line: Task, why: Fault): Promise<Step> {
  const task = { ...line, attempts: line.attempts + 1 }
  return mayTryAgain(why.code) && task.attempts < patientAttempts
    ? putOff(context, claim, task, why)
    : reject(context, claim, task, why)
}

const patientAttempts = 5

function named(why: Fault, path: string): Fault {
  return fault(why.code, `${path}: ${why.message}`, {
    evidence: why.evidence ?? {},
    retryAfterMs: why.retryAfterMs,
  }).fault
}
