/**
 * Handing media over to Scenario, which takes them as assets of its own only: announced, sent in one part to a storage
 * that must not see our key, completed, and asked about until imported (its published SDK, `uploads`). Costs nothing.
 */
import { z } from 'zod'
import { fail, ok, type Result } from '../../core/fault.ts'
import type { Guard } from '../../core/url/policy.ts'
import type { Fetch, ProviderResponse } from '../http.ts'
import type { InputMedia, MediaImport } from '../provider.ts'
import { isSuccess, refusal } from './response.ts'

export interface Uploading {
  call: (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<Result<ProviderResponse>>
  fetch: Fetch
  guard: Guard
  now: () => number
}

const partTimeoutMs = 120_000

export async function sendMedia(
  uploading: Uploading,
  media: InputMedia,
): Promise<Result<{ uploadId: string }>> {
  const { kind, fileName, contentType, bytes } = media
  const announced = { kind, fileName, contentType, fileSize: bytes, parts: 1 }
  const begun = await step(uploading, 'POST', 'uploads', announced)
  if (!begun.ok) return begun
  const upload = beginningSchema.safeParse(begun.value)
  if (!upload.success) return fail('unavailable', 'Scenario did not say where to upload the media.')
  const {
    id: uploadId,
    parts: [{ url }],
  } = upload.data.upload

  const sent = await sendPart(uploading, url, media)
  if (!sent.ok) return sent
  // Whatever is answered to this, the upload's own status says what became of it.
  await complete(uploading, uploadId)
  return ok({ uploadId })
}

export async function checkImport(uploading: Uploading, uploadId: string): Promise<Result<MediaImport>> {
  const answer = await uploading.call('GET', pathOf(uploadId))
  if (answer.ok && isUnknown(answer.value)) return ok({ state: 'lost' })
  const read = readStep(uploading, answer)
  if (!read.ok) return read
  const { status, entityId, errorMessage } = progressSchema.safeParse(read.value).data?.upload ?? {}
  if (status === 'imported' && entityId != null) return ok({ state: 'imported', assetId: entityId })
  if (status === 'failed') {
    return fail('bad_request', 'Scenario could not read the media that were uploaded.', {
      evidence: { message: errorMessage },
    })
  }
  return status === 'pending' ? completeLate(uploading, uploadId) : ok({ state: 'pending' })
}

/** Its completion did not arrive, and is sent again; refused, because bytes are missing, it never can be. */
async function completeLate(uploading: Uploading, uploadId: string): Promise<Result<MediaImport>> {
  const completed = await complete(uploading, uploadId)
  if (completed.ok) return ok({ state: 'pending' })
  return completed.fault.code === 'bad_request' ? ok({ state: 'lost' }) : completed
}

function complete(uploading: Uploading, uploadId: string): Promise<Result<unknown>> {
  return step(uploading, 'POST', `${pathOf(uploadId)}/action`, { action: 'complete' })
}

function pathOf(uploadId: string): string {
  return `uploads/${encodeURIComponent(uploadId.toWellFormed())}`
}

function isUnknown({ status }: ProviderResponse): boolean {
  return status === 404 || status === 410
}

async function sendPart(
  { fetch, guard }: Uploading,
  url: string,
  { contentType, body }: InputMedia,
): Promise<Result<null>> {
  const objection = await guard(url)
  if (objection !== null) {
    const code = objection.retry === 'never' ? 'media_forbidden' : 'unavailable'
    return fail(code, `The URL that Scenario gives for an upload ${objection.message}.`)
  }
  try {
    const response = await fetch(
      new Request(url, {
        method: 'PUT',
        headers: { 'content-type': contentType },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(partTimeoutMs),
      }),
    )
    await response.body?.cancel()
    if (response.ok) return ok(null)
    return fail('unavailable', `The storage of Scenario answered ${response.status} to the media.`)
  } catch (error) {
    // What fetch throws is the network's; what the stream throws is the source's, which broke off.
    return fail('unavailable', 'The media did not reach the storage of Scenario.', {
      evidence: { error: String(error) },
    })
  }
}

async function step(
  uploading: Uploading,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<Result<unknown>> {
  return readStep(uploading, await uploading.call(method, path, body))
}

/** The body of a success. Everything else but a refusal may be asked again. */
function readStep({ now }: Uploading, answer: Result<ProviderResponse>): Result<unknown> {
  if (!answer.ok) return fail('unavailable', 'Scenario did not answer to an upload.', answer.fault)
  if (isSuccess(answer.value)) return ok(answer.value.body)
  const { status } = answer.value
  return (
    refusal(answer.value, ['kind', 'fileName', 'contentType', 'fileSize'], now()) ??
    fail('unavailable', `Scenario answered ${status} to an upload.`, { evidence: { status } })
  )
}

const text = z.string().nullish().catch(null)

const beginningSchema = z.object({
  upload: z.object({
    id: z.string().min(1),
    parts: z.tuple([z.object({ url: z.url({ protocol: /^https?$/ }) })]).rest(z.unknown()),
  }),
})

const progressSchema = z.object({ upload: z.object({ status: text, entityId: text, errorMessage: text }) })
