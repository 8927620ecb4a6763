/**
 * upload: hand the request's media to a provider that takes them only under its own ids. First each is sent, one a
 * step; then all are asked about until the provider has imported them, and the row is let go between two questions.
 * The provider's id of an upload is kept on the ledger line: a crash repeats one upload at the most, and no wait.
 */

import { openInput } from '../../assets/open.ts'
import type { Context } from '../../context.ts'
import type { Result } from '../../core/fault.ts'
import { kindAt, mediaOf } from '../../core/request/media.ts'
import type { InputMedia, MediaUploads, Provider } from '../../providers/provider.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { changes, type Step } from '../../store/jobs/step.ts'
import type { InputUpload, Task } from '../../store/jobs/tasks.ts'
import { heartbeat } from '../heartbeat.ts'
import { awaitImports, faultAt, refuseInput } from './imports.ts'

/** Null: all media are there. */
export async function uploadInputs(
  context: Context,
  claim: Claim,
  provider: Provider,
  line: Task,
): Promise<Step | null> {
  if (provider.uploads === undefined) return null
  const media = mediaOf(claim.job.request)
  const known = uploadsFor(claim, line)
  const next = media.find(({ path }) => known[path] === undefined)
  if (next !== undefined) return send(context, claim, provider.uploads, { line, ...next })
  const sent = media.flatMap(({ path }) => {
    const upload = known[path]
    return upload?.state === 'sent' ? [{ path, ...upload }] : []
  })
  return sent.length === 0 ? null : awaitImports(context, claim, provider.uploads, { line, sent })
}

/** The request's media as they stand in it → their ids at the provider. */
export function inputAssetsOf(claim: Claim, line: Task): ReadonlyMap<string, string> {
  const known = uploadsFor(claim, line)
  const pairs = mediaOf(claim.job.request).flatMap(({ path, value }): [string, string][] => {
    const upload = known[path]
    return upload?.state === 'imported' ? [[value, upload.assetId]] : []
  })
  return new Map(pairs)
}

/** What other lines have imported serves this one, too. */
function uploadsFor({ tasks }: Claim, line: Task): Record<string, InputUpload> {
  const others = tasks.filter(({ n, provider }) => n !== line.n && provider === line.provider)
  const imported = others.flatMap(({ inputs: uploads }) =>
    Object.entries(uploads).filter(([, { state }]) => state === 'imported'),
  )
  return { ...Object.fromEntries(imported), ...line.inputs }
}

async function send(
  context: Context,
  claim: Claim,
  uploads: MediaUploads,
  { line, path, value }: { line: Task; path: string; value: string },
): Promise<Step> {
  const startedAt = context.now()
  const answer = await hand(context, claim, uploads.send, { path, value })
  context.log('media.uploaded', {
    ...{ job_id: claim.job.id, provider: line.provider, path },
    ...{ duration_ms: context.now() - startedAt, fault: answer.ok ? undefined : answer.fault.code },
  })
  if (!answer.ok) return refuseInput(context, claim, line, faultAt(path, answer.fault))
  const sent = { state: 'sent' as const, uploadId: answer.value.uploadId, sentAt: context.now() }
  const task: Task = { ...line, status: 'preparing', inputs: { ...line.inputs, [path]: sent } }
  return { ...changes({ tasks: [task] }), status: 'queued', next: 'now' }
}

function hand(
  context: Context,
  { job }: Claim,
  give: (media: InputMedia) => Promise<Result<{ uploadId: string }>>,
  { path, value }: { path: string; value: string },
): Promise<Result<{ uploadId: string }>> {
  const { fetch, guard, db, bucket } = context
  const settings = { fetch, guard, db, bucket, maxBytes: maxInputBytes, onProgress: heartbeat(context, job) }
  const kind = kindAt(path)
  return openInput(settings, { value, kind }, (input) => give({ ...input, kind }))
}

// More than any documented limit of an input.
const maxInputBytes = 512 * 1024 * 1024
