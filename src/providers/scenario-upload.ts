/**
 * Handing media over to Scenario, which takes them as assets of its own only: announced, sent in one part to a storage
 * that must not see our key, completed, and waited for until imported (its published SDK, `uploads`). Costs nothing.
 */
import { z } from 'zod'
import { done, fault, mayTryAgain, type Result } from '../core/fault.ts'
import type { Guard } from '../core/target.ts'
import type { Answer, Fetch } from './http.ts'
import type { InputMedia } from './provider.ts'
import { isSuccess, refusal } from './scenario-answer.ts'

export interface Uploading {
  call: (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<Result<Answer>>
  fetch: Fetch
  guard: Guard
  now: () => number
  wait: (ms: number) => Promise<void>
}

const mostAsks = 10
const askEveryMs = 1_000
const partTimeoutMs = 120_000

export async function uploadMedia(
  uploading: Uploading,
  media: InputMedia,
): Promise<Result<{ assetId: string }>> {
  const { kind, fileName, contentType, bytes } = media
  const announced = { kind, fileName, contentType, fileSize: bytes, parts: 1 }
  const begun = await step(uploading, 'POST', 'uploads', announced)
  if (!begun.ok) return begun
  const upload = beginningSchema.safeParse(begun.value)
  if (!upload.success) return fault('unavailable', 'Scenario did not say where to upload the media.')
  const [{ url }] = upload.data.upload.parts
  const path = `uploads/${encodeURIComponent(upload.data.upload.id.toWellFormed())}`

  const sent = await sendPart(uploading, url, media)
  if (!sent.ok) return sent
  const completed = await step(uploading, 'POST', `${path}/action`, { action: 'complete' })
  return completed.ok ? untilImported(uploading, path) : completed
}

async function untilImported(uploading: Uploading, path: string): Promise<Result<{ assetId: string }>> {
  for (let asked = 0; asked < mostAsks; asked++) {
    if (asked > 0) await uploading.wait(askEveryMs)
    const answer = await step(uploading, 'GET', path)
    if (!answer.ok && !mayTryAgain(answer.fault.code)) return answer
    const upload = answer.ok ? progressSchema.safeParse(answer.value) : null
    const { status, entityId, errorMessage } = upload?.data?.upload ?? {}
    if (status === 'imported' && entityId != null) return done({ assetId: entityId })
    if (status === 'failed')
      return fault('bad_request', 'Scenario could not read the media that were uploaded.', {
        evidence: { errorMessage },
      })
  }
  return fault('unavailable', 'Scenario has not imported the uploaded media in time.')
}

async function sendPart(
  { fetch, guard }: Uploading,
  url: string,
  { contentType, body }: InputMedia,
): Promise<Result<null>> {
  const objection = await guard(url)
  if (objection !== null) {
    const code = objection.again === 'never' ? 'media_forbidden' : 'unavailable'
    return fault(code, `The URL that Scenario gives for an upload ${objection.message}.`)
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
    if (response.ok) return done(null)
    return fault('unavailable', `The storage of Scenario answered ${response.status} to the media.`)
  } catch (error) {
    // What fetch throws is the network's; what the stream throws is the source's, which broke off.
    return fault('unavailable', 'The media did not reach the storage of Scenario.', {
      evidence: { error: String(error) },
    })
  }
}

/** The body of a success. Everything else but a refusal may be tried again with the media anew. */
async function step(
  { call, now }: Uploading,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<Result<unknown>> {
  const answer = await call(method, path, body)
  if (!answer.ok) return fault('unavailable', 'Scenario did not answer to an upload.', answer.fault)
  if (isSuccess(answer.value)) return done(answer.value.body)
  const { status } = answer.value
  return (
    refusal(answer.value, ['kind', 'fileName', 'contentType', 'fileSize'], now()) ??
    fault('unavailable', `Scenario answered ${status} to an upload.`, { evidence: { status } })
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
