/** Runs jobs with a secret wherever one can be: success, failure, refusal, attack, outage. */

import { env } from 'cloudflare:workers'
import { sellerNames } from '../../src/core/request/choices.ts'
import { bearerHeader, createApiKey, type NewApiKey, postJobWith } from './api-keys.ts'
import { callbackSecret } from './caller.ts'
import { callbackPathOf, postWebhook, postWebhookTo } from './provider-webhooks.ts'
import { api, aRequest, getJob, passTimeUntil, post, postJob, sweep, untilNotified } from './reelhook.ts'
import { fetchWith } from './runtime.ts'
import { select } from './storage.ts'
import { directly, putAt, uploadPathOf } from './uploads.ts'
import { callerUrl, publicBaseUrl, simulatorUrl, world } from './world.ts'

export interface Run {
  jobIds: string[]
  /** Every secret: of the settings, of the callers, and those created during the run. */
  secrets: string[]
}

const pictureUrl = 'https://pictures.test/boat.png?key=the-query-of-a-picture'
const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])

export const request = {
  prompt: 'A very private prompt',
  metadata: { order: 'the-order-of-a-customer' },
  callback_url: `${callerUrl}/hooks/token-in-a-path?token=token-of-the-caller`,
  callback_secret: callbackSecret,
}

export async function runAll(): Promise<Run> {
  const apiKey = await createApiKey()
  const endedIds = [...(await succeed(apiKey)), ...(await fail()), await succeedDirectly()]
  await refuse()
  await attack(endedIds[0] ?? '')
  const jobIds = [...endedIds, ...(await failOutside())]
  await sweep()
  return { jobIds, secrets: await secretsOf(apiKey, jobIds) }
}

async function succeed(apiKey: NewApiKey): Promise<string[]> {
  const jobIds: string[] = []
  world.respondNext(
    pictureUrl.slice(0, 24),
    () => new Response(png, { headers: { 'content-type': 'image/png' } }),
  )
  for (const provider of sellerNames) {
    const overrides = { ...request, provider, reference_images: [pictureUrl] }
    const job =
      provider === 'crun'
        ? await (await postJobWith(apiKey, { ...overrides, callback_secret: undefined })).json<{
            id: string
          }>()
        : await postJob(overrides)
    jobIds.push(job.id)
    const { outputs } = await passTimeUntil(job.id, ({ status }) => status === 'succeeded')
    const link = new URL(outputs[0]?.url ?? '')
    await api(`${link.pathname}${link.search}`, { headers: { authorization: '' } })
    await untilNotified(job.id)
  }
  return jobIds
}

async function succeedDirectly(): Promise<string> {
  const { id } = await postJob({ ...request, ...directly })
  await passTimeUntil(id, ({ status }) => status === 'succeeded')
  await untilNotified(id)
  return id
}

async function fail(): Promise<string[]> {
  const jobIds: string[] = []
  for (const fault of ['fail=moderated', 'submit=402', 'submit=500-after', 'body=html']) {
    // The caller is down, and the network error contains the URL.
    world.caller.respondNext(() => {
      throw new TypeError(`Fetch API cannot load: ${request.callback_url}`)
    })
    const { id } = await postJob({ ...request, prompt: `${request.prompt} sim(${fault})` })
    jobIds.push(id)
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    await untilNotified(id)
  }
  return jobIds
}

async function refuse(): Promise<void> {
  await post('/v1/jobs', aRequest({ ...request, duration: 99, nonsense: request.prompt }))
  await post(
    '/v1/jobs',
    aRequest({ ...request, callback_url: 'http://127.0.0.1/?token=token-of-the-caller' }),
  )
  await api('/v1/jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"${request.prompt}`,
  })
}

async function attack(id: string): Promise<void> {
  await postWebhookTo(`/webhooks/runware/${id}/a-forged-token`, JSON.stringify(request))
  await postWebhook(id, `not JSON: ${request.prompt}`)
  await putAt(`/uploads/${id}/0/a-forged-token`, request.prompt)
  await putAt(await uploadPathOf(id), request.prompt)
  await api('/v1/jobs', { headers: bearerHeader({ key: 'rh_a-stolen-key' }) })
  await api(`/v1/jobs/${id}/outputs/0?expires=9999999999&signature=a-stolen-signature`, {
    headers: { authorization: '' },
  })
}

/** Errors of the database and of a provider that contain the request. */
async function failOutside(): Promise<string[]> {
  const DB = new Proxy(env.DB, {
    get: (database, name) =>
      name === 'batch'
        ? () => Promise.reject(new Error('D1 is down', { cause: new Error(`at ${request.callback_url}`) }))
        : Reflect.get(database, name).bind(database),
  })
  const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' }
  const body = JSON.stringify(aRequest(request))
  await fetchWith({ DB }, new Request(`${publicBaseUrl}/v1/jobs`, { method: 'POST', headers, body }))
  world.respondNext(`${simulatorUrl}/runware`, (failed) =>
    Promise.reject(new TypeError(`cannot load ${failed.url}?${request.prompt}`)),
  )
  const { id } = await postJob({ ...request, deadline_seconds: 60 })
  await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
  return [id]
}

async function secretsOf(apiKey: NewApiKey, jobIds: string[]): Promise<string[]> {
  const settings = Object.entries(env).filter(([name]) => /(_KEY|_SECRET)$/.test(name))
  const deliveries = jobIds.flatMap((id) => world.caller.receivedFor(id))
  const jobs = await Promise.all(jobIds.map(getJob))
  const callbackPaths = await Promise.all(jobs.map(({ id, provider }) => callbackPathOf(id, provider)))
  const uploads = await Promise.all(jobIds.map((id) => uploadPathOf(id)))
  const links = jobs.flatMap(({ outputs }) => outputs.flatMap(({ url }) => url ?? []))
  const sources = await select<{ source_url: string }>('SELECT source_url FROM outputs')
  return [
    ...settings.map(([, value]) => String(value)),
    btoa(`${env.SCENARIO_SDK_API_KEY}:${env.SCENARIO_SDK_API_SECRET}`),
    ...[apiKey.key, apiKey.callback_secret, callbackSecret].flatMap((secret) => [secret, secret.slice(6)]),
    request.prompt,
    'the-order-of-a-customer',
    'token-in-a-path',
    'token-of-the-caller',
    'the-query-of-a-picture',
    'a-forged-token',
    'rh_a-stolen-key',
    'a-stolen-signature',
    ...[...callbackPaths, ...uploads].map((path) => path.split('/').at(-1) ?? ''),
    ...deliveries.map(({ headers }) => headers['webhook-signature'] ?? ''),
    ...links.flatMap((link) => new URL(link).searchParams.get('signature') ?? []),
    ...sources.map(({ source_url }) => new URL(source_url).pathname.split('/').at(-1) ?? ''),
    'signature=',
    '/webhooks/',
    '/uploads/',
    'Bearer',
  ].filter((secret) => secret !== '')
}
