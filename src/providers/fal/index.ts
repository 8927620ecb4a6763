/**
 * fal: an endpoint for each model and mode, a queue whose completed requests include the failed ones, one signed webhook
 * for each request, no search for a lost submission, no cost in any response. Sources: fal.ai/docs (Inference API,
 * Asynchronous Inference, Webhooks, Model Errors, Request Error Types) and the API pages of the models.
 */
import { ok, type Result } from '../../core/fault.ts'
import type { AspectRatio } from '../../core/request/choices.ts'
import * as kinds from '../../setting-kinds.ts'
import type { Capabilities } from '../capabilities.ts'
import { refuseByCapabilities, warnIdenticalSeeds } from '../eligibility.ts'
import { type CallKind, callProvider, type ProviderCall } from '../http.ts'
import type { OnAnswer, Outcome, Provider } from '../provider.ts'
import { defineSeller, type ProviderEdges } from '../seller.ts'
import { unknownTask } from './error.ts'
import { prices } from './prices.ts'
import { endpointOf, inputOf, options, promptOf, refuseTooManyFiles } from './request.ts'
import { readAcknowledgement, readCancel, readResult, readStatus } from './response.ts'
import { signatureHeaders, verifySignature } from './signature.ts'
import { pathOf } from './task-id.ts'
import { readWebhook } from './webhook.ts'

const jwksUrl = 'https://rest.fal.ai/.well-known/jwks.json'

export const fal = defineSeller({
  title: 'fal',
  prefix: 'FAL',
  credentials: ['FAL_KEY'],
  baseUrl: 'https://queue.fal.run',
  settings: { FAL_JWKS_URL: kinds.optional(kinds.url).transform((url) => url ?? jwksUrl) },
  furtherAddresses: ['FAL_JWKS_URL'],
  connect: ({ credentials: [apiKey], baseUrl, settings }, edges) =>
    connect({ apiKey, baseUrl, jwksUrl: settings.FAL_JWKS_URL }, edges),
})

interface Account {
  apiKey: string
  baseUrl: string
  jwksUrl: string
}

function connect(account: Account, edges: ProviderEdges): Provider {
  const { fetch, now } = edges
  const call = (kind: CallKind, path: string, init: Omit<ProviderCall, 'headers'>) =>
    callProvider(fetch, kind, `${account.baseUrl}${path}`, {
      headers: { authorization: `Key ${account.apiKey}` },
      ...init,
    })

  async function getResult(taskId: string, path: string, onAnswer?: OnAnswer): Promise<Result<Outcome>> {
    const response = await call('safe', path, { method: 'GET', onAnswer })
    return response.ok ? readResult(response.value, taskId, now()) : response
  }

  return {
    name: 'fal',
    capabilities,
    options,
    refuse: (request) => [
      ...refuseByCapabilities(capabilities, request, promptOf(request)),
      ...refuseTooManyFiles(request),
    ],
    warn: warnIdenticalSeeds,

    async submit({ request, callbackUrl }, onAnswer) {
      const query = new URLSearchParams({ fal_webhook: callbackUrl })
      const body = inputOf(request)
      const path = `${endpointOf(request)}?${query}`
      const response = await call('billable', path, { method: 'POST', body, onAnswer })
      return response.ok ? readAcknowledgement(response.value, request.model, now()) : response
    },

    async getStatus({ providerTaskId }, onAnswer) {
      const path = pathOf(providerTaskId)
      if (path === null) return unknownTask()
      const response = await call('safe', `${path}/status`, { method: 'GET', onAnswer })
      if (!response.ok) return response
      const status = readStatus(response.value, providerTaskId, now())
      if (!status.ok) return status
      return status.value === 'completed' ? getResult(providerTaskId, path, onAnswer) : ok(status.value)
    },

    async cancel({ providerTaskId }, onAnswer) {
      const path = pathOf(providerTaskId)
      if (path === null) return unknownTask()
      const response = await call('safe', `${path}/cancel`, { method: 'PUT', onAnswer })
      if (!response.ok) return response
      const canceled = readCancel(response.value, now())
      if (!canceled.ok || canceled.value !== 'ended') return canceled
      // A request that was canceled before has ended, too.
      const result = await getResult(providerTaskId, path, onAnswer)
      if (!result.ok) return result
      const outcome = result.value
      const isCanceled = outcome.state === 'failed' && outcome.fault.code === 'provider_canceled'
      return ok(isCanceled ? 'canceled' : 'ended')
    },

    parseWebhook: readWebhook,
    webhookSignature: {
      headers: signatureHeaders,
      verify: (webhook) => verifySignature(account.jwksUrl, webhook, edges),
    },
  }
}

const ratios = ['21:9', '16:9', '4:3', '1:1', '3:4', '9:16', 'auto'] as const satisfies readonly AspectRatio[]

/**
 * `maxSeconds`: of the videos together, and of the audios. Source: its pages on reference to video. "Between ~480p (640x640)
 * and ~720p (834x1112)" is read as a pixel count.
 */
function mediaLimitsOf(maxSeconds: number): Capabilities['mediaLimits'] {
  const images = { contentTypes: ['image/jpeg', 'image/png', 'image/webp'] }
  const length = { maxSeconds, maxTotalSeconds: maxSeconds }
  return {
    first_frame: images,
    last_frame: images,
    reference_images: images,
    reference_videos: {
      contentTypes: ['video/mp4', 'video/quicktime'],
      pixels: { min: 640 * 640, max: 834 * 1112 },
      ...length,
    },
    reference_audios: { contentTypes: ['audio/mpeg', 'audio/wav'], ...length },
  }
}

const capabilities: Capabilities = {
  models: {
    'seedance-2.0': { resolutions: ['480p', '720p', '1080p'] },
    'seedance-2.0-fast': { resolutions: ['480p', '720p'] },
    'seedance-2.0-mini': { resolutions: ['480p', '720p'] },
    'seedance-2.5': {
      resolutions: ['480p', '720p', '1080p'],
      // Its text endpoint has no seed.
      seeds: 'none',
      mediaLimits: mediaLimitsOf(30),
    },
  },
  aspectRatios: { text: ratios, references: ratios, frames: ratios },
  outputsPerTask: 1,
  // No idempotency key is documented.
  repeats: 'billed_again',
  // Its maximum is undocumented. Another provider of this model family documents 6000.
  promptLength: { min: 1, max: 6_000 },
  prompt: 'required',
  durations: 'seconds_or_auto',
  seeds: 'exact',
  // The pages of the models document URLs only.
  media: {
    first_frame: ['url'],
    last_frame: ['url'],
    reference_images: ['url'],
    reference_videos: ['url'],
    reference_audios: ['url'],
  },
  mediaLimits: mediaLimitsOf(15),
  prices,
  estimates: 'computed',
  // The webhook is repeated for two hours, so polling only covers lost webhooks. Each poll costs us database rows.
  pace: { firstMs: 240_000, growth: 1.25, longestMs: 120_000 },
  showsProgress: false,
  // It removes a request from its queue, and signals the runner of one that is being made.
  cancels: 'running',
}
