/** Posts webhooks to the Worker, as a provider does or an attacker would. */
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import type { ProviderName } from '../../src/core/request/choices.ts'
import { callbackUrl } from '../../src/webhooks/token.ts'
import { api, postJob, untilSubmitted } from './reelhook.ts'
import { deadlineOf } from './storage.ts'
import { publicBaseUrl, world } from './world.ts'

/** The path of the callback URL that a provider gets for one job. */
export async function callbackPathOf(jobId: string, provider: ProviderName = 'runware'): Promise<string> {
  const job = { id: jobId, deadlineAt: await deadlineOf(jobId) }
  const url = await callbackUrl({ publicBaseUrl, signingSecret: [env.SIGNING_SECRET] }, provider, job)
  return new URL(url).pathname
}

export async function postWebhookTo(path: string, body: BodyInit): Promise<Response> {
  return api(path, {
    method: 'POST',
    headers: { authorization: '', 'content-type': 'application/json' },
    body,
  })
}

export async function postWebhook(jobId: string, body: BodyInit): Promise<Response> {
  return postWebhookTo(await callbackPathOf(jobId), body)
}

/** A job whose provider sends no webhook, so that only the test does. */
export async function aJobWithoutWebhooks(): Promise<string> {
  const { id } = await postJob({ prompt: 'A paper boat sim(webhook=lost)' })
  await untilSubmitted(id)
  return id
}

/** Waits until this many webhooks of the job are consumed, and returns the result of each. */
export async function untilWebhookResults(jobId: string, count = 1): Promise<unknown[]> {
  const results = () =>
    world.logs
      .filter(({ event, fields }) => event === 'webhook.received' && fields.job_id === jobId)
      .map(({ fields }) => fields.result)
  await vi.waitUntil(() => results().length >= count, { timeout: 60_000, interval: 10 })
  return results()
}
