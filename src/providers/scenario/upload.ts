/**
 * Uploads media to Scenario, which accepts only its own assets. An upload is announced, sent in one part to a storage
 * host that must not see our key, completed, and polled until imported (its published SDK, `uploads`). Costs nothing.
 */
import { z } from 'zod'
import { type Fetch, timeoutOf } from '../../connections.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import type { Guard } from '../../core/url/policy.ts'
import type { ProviderResponse } from '../http.ts'
import { text } from '../lenient.ts'
import type { InputMedia, MediaImport } from '../media-uploads.ts'
import { failureOf } from '../status-faults.ts'
import { refusalOf } from './response.ts'

export interface UploadCalls {
  call: (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<Result<ProviderResponse>>
  fetch: Fetch
  guard: Guard
  now: () => number
}

const partTimeoutMs = 120_000

export async function sendMedia(
  calls: UploadCalls,
  media: InputMedia,
): Promise<Result<{ uploadId: string }>> {
  const { kind, fileName, contentType, bytes } = media
  const announcement = { kind, fileName, contentType, fileSize: bytes, parts: 1 }
  const announced = await post(calls, 'uploads', announcement)
  if (!announced.ok) return announced
  const upload = announcedSchema.safeParse(announced.value)
  if (!upload.success) return fail('unavailable', 'Scenario returned no URL for the upload.')
  const {
    id: uploadId,
    parts: [{ url }],
  } = upload.data.upload

  const sent = await sendPart(calls, url, media)
  if (!sent.ok) return sent
  // The result is not needed: the upload's status decides.
  await complete(calls, uploadId)
  return ok({ uploadId })
}

export async function checkImport(calls: UploadCalls, uploadId: string): Promise<Result<MediaImport>> {
  const response = await calls.call('GET', pathOf(uploadId))
  if (response.ok && isUnknown(response.value)) return ok({ state: 'lost' })
  const body = readBody(calls, response)
  if (!body.ok) return body
  const { status, entityId, errorMessage } = progressSchema.safeParse(body.value).data?.upload ?? {}
  if (status === 'imported' && entityId != null) return ok({ state: 'imported', assetId: entityId })
  if (status === 'failed') {
    return fail('bad_request', 'Scenario could not read the uploaded media.', {
      evidence: { message: errorMessage },
    })
  }
  return status === 'pending' ? completeLate(calls, uploadId) : ok({ state: 'pending' })
}

/** The completion did not arrive, so it is sent again. A refusal means that bytes are missing. */
async function completeLate(calls: UploadCalls, uploadId: string): Promise<Result<MediaImport>> {
  const completed = await complete(calls, uploadId)
  if (completed.ok) return ok({ state: 'pending' })
  return completed.fault.code === 'bad_request' ? ok({ state: 'lost' }) : completed
}

function complete(calls: UploadCalls, uploadId: string): Promise<Result<unknown>> {
  return post(calls, `${pathOf(uploadId)}/action`, { action: 'complete' })
}

function pathOf(uploadId: string): string {
  return `uploads/${encodeURIComponent(uploadId.toWellFormed())}`
}

function isUnknown({ status }: ProviderResponse): boolean {
  return status === 404 || status === 410
}

async function sendPart(
  { fetch, guard }: UploadCalls,
  url: string,
  { contentType, body }: InputMedia,
): Promise<Result<null>> {
  const rejection = await guard(url)
  if (rejection !== null) {
    const code = rejection.retry === 'never' ? 'media_forbidden' : 'unavailable'
    return fail(code, `The upload URL from Scenario ${rejection.message}.`)
  }
  const timeout = timeoutOf(partTimeoutMs)
  try {
    const request = new Request(url, {
      method: 'PUT',
      headers: { 'content-type': contentType },
      body,
      redirect: 'manual',
      signal: timeout.signal,
    })
    const response = await fetch(request, timeout.start)
    await response.body?.cancel()
    if (response.ok) return ok(null)
    return fail('unavailable', `Scenario's storage returned ${response.status} for the media.`)
  } catch (error) {
    // Either fetch failed or found no connection, or the stream failed because its source broke off.
    return fail('unavailable', 'The media did not reach the storage of Scenario.', {
      evidence: { error: String(error) },
    })
  }
}

async function post(calls: UploadCalls, path: string, body: unknown): Promise<Result<unknown>> {
  return readBody(calls, await calls.call('POST', path, body))
}

/** The body of a success. Any other response may be retried, except a refusal. */
function readBody({ now }: UploadCalls, response: Result<ProviderResponse>): Result<unknown> {
  if (!response.ok) return fail('unavailable', 'Scenario did not respond to an upload.', response.fault)
  const refusal = refusalOf(response.value, ['kind', 'fileName', 'contentType', 'fileSize'], now())
  const failure = failureOf('Scenario', response.value, refusal)
  return failure ?? ok(response.value.body)
}

const announcedSchema = z.object({
  upload: z.object({
    id: z.string().min(1),
    parts: z.tuple([z.object({ url: z.url({ protocol: /^https?$/ }) })]).rest(z.unknown()),
  }),
})

const progressSchema = z.object({ upload: z.object({ status: text, entityId: text, errorMessage: text }) })
