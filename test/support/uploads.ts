/** Jobs whose provider uploads the video, and uploads by the provider or by an attacker. */
import { env } from 'cloudflare:workers'
import { expect, vi } from 'vitest'
import type { JobView } from '../../src/core/job/view-schema.ts'
import { uploadUrl } from '../../src/provider-uploads/token.ts'
import { api, postJob, untilSubmitted } from './reelhook.ts'
import { deadlineOf } from './storage.ts'
import { publicBaseUrl, world } from './world.ts'

/** Requests direct upload for one job, whatever the deployment's setting. */
export const directly = { provider_options: { runware: { directUpload: true } } }

/** Posts a job whose video Runware uploads, with these directives for the simulator. */
export function postDirect(directives: string, overrides: Record<string, unknown> = {}): Promise<JobView> {
  return postJob({ prompt: `A paper boat${directives && ` sim(${directives})`}`, ...directly, ...overrides })
}

/** A job that waits for an upload which its provider never makes, so that the test can make it. */
export async function anAwaitingJob(): Promise<string> {
  const { id } = await postDirect('webhook=lost, put=never, seconds=3600', { deadline_seconds: 7_200 })
  await untilSubmitted(id)
  return id
}

/** The path of the upload URL of task `n`. */
export async function uploadPathOf(jobId: string, n = 0): Promise<string> {
  const settings = { publicBaseUrl, signingSecret: [env.SIGNING_SECRET] as const }
  const job = { id: jobId, deadlineAt: await deadlineOf(jobId) }
  return new URL(await uploadUrl(settings, job, n)).pathname
}

export function putAt(
  path: string,
  body: BodyInit | null,
  headers: Record<string, string> = {},
): Promise<Response> {
  return api(path, { method: 'PUT', headers: { authorization: '', ...headers }, body })
}

/** The result or fault of each upload for the job, in order. */
export function receivedOf(jobId: string): unknown[] {
  return world.logs
    .filter(({ event, fields }) => event === 'upload.received' && fields.job_id === jobId)
    .map(({ fields }) => fields.result ?? fields.fault)
}

export async function untilReceived(jobId: string, count = 1): Promise<unknown[]> {
  await vi.waitUntil(() => receivedOf(jobId).length >= count, { timeout: 60_000, interval: 10 })
  return receivedOf(jobId)
}

/** How each output came into R2, by the timeline: as an upload or a download. */
export async function storedVia(jobId: string): Promise<unknown[]> {
  const response = await api(`/v1/jobs/${jobId}/events`)
  expect(response.status).toBe(200)
  const { data } = await response.json<{ data: { type: string; data: { via?: string } }[] }>()
  return data.flatMap(({ type, data }) => (type === 'output.stored' ? [data.via] : []))
}
