/**
 * Crun, the reference-to-video gateway: the mode is part of the model's name, one output per task, a code in the body
 * that overrides the HTTP status, one webhook without a retry, no search for a lost submission. Sources: docs.crun.ai,
 * its OpenAPI description and its published command line.
 */
import type { AspectRatio } from '../../core/request/choices.ts'
import type { JobRequest } from '../../core/request/request.ts'
import * as kinds from '../../setting-kinds.ts'
import type { Capabilities } from '../capabilities.ts'
import { refuseByCapabilities } from '../eligibility.ts'
import { type CallKind, callProvider, type ProviderCall } from '../http.ts'
import type { Provider, Reason } from '../provider.ts'
import { defineSeller, type ProviderEdges } from '../seller.ts'
import { withUsd } from '../usd.ts'
import { options, pricedTaskOf, promptOf, taskOf } from './request.ts'
import { readAcknowledgement, readEstimate, readStatus, readWebhook } from './response.ts'

export const crun = defineSeller({
  title: 'Crun',
  prefix: 'CRUN',
  credentials: ['CRUN_API_KEY'],
  baseUrl: 'https://api.crun.ai',
  settings: { CRUN_USD_PER_CREDIT: kinds.optional(kinds.price) },
  connect: ({ credentials: [apiKey], baseUrl, settings }, edges) =>
    withUsd(connect({ apiKey, baseUrl }, edges), settings.CRUN_USD_PER_CREDIT),
})

interface Account {
  apiKey: string
  baseUrl: string
}

function connect(account: Account, { fetch, now }: ProviderEdges): Provider {
  const call = (kind: CallKind, path: string, init: Omit<ProviderCall, 'headers'>) =>
    callProvider(fetch, kind, `${account.baseUrl}/api/v1/client/job/${path}`, {
      headers: { 'x-api-key': account.apiKey },
      ...init,
    })

  return {
    name: 'crun',
    capabilities,
    options,
    refuse: (request) => [
      ...refuseByCapabilities(capabilities, request, promptOf(request)),
      ...refuseFallback(request),
    ],
    warn: () => [],

    async submit(submission, onAnswer) {
      const body = taskOf(submission)
      const response = await call('billable', 'CreateTask', { method: 'POST', body, onAnswer })
      return response.ok ? readAcknowledgement(response.value, now()) : response
    },

    async estimate(request) {
      const body = pricedTaskOf(request)
      const response = await call('brief', 'estimate-credits', { method: 'POST', body })
      return response.ok ? readEstimate(response.value, request.count, now()) : response
    },

    async getStatus(task, onAnswer) {
      const path = `TaskInfo?task_id=${encodeURIComponent(task.providerTaskId)}`
      const response = await call('safe', path, { method: 'GET', onAnswer })
      return response.ok ? readStatus(response.value, task.providerTaskId, now()) : response
    },

    parseWebhook: readWebhook,
  }
}

const ratios = ['21:9', '16:9', '4:3', '1:1', '3:4', '9:16'] as const satisfies readonly AspectRatio[]

const capabilities: Capabilities = {
  models: {
    'seedance-2.0': { resolutions: ['480p', '720p', '1080p'] },
    'seedance-2.0-fast': { resolutions: ['480p', '720p'] },
    'seedance-2.0-mini': { resolutions: ['480p', '720p'] },
  },
  aspectRatios: { text: ratios, references: ratios, frames: [...ratios, 'auto'] },
  outputsPerTask: 1,
  repeats: 'billed_again',
  // Its maximum is undocumented. Another provider of this model family documents 6000.
  promptLength: { min: 1, max: 6_000 },
  prompt: 'required',
  durations: 'seconds',
  seeds: 'none',
  media: {
    first_frame: ['url', 'crun_asset'],
    last_frame: ['url', 'crun_asset'],
    reference_images: ['url', 'crun_asset'],
    reference_videos: ['url', 'crun_asset'],
    reference_audios: ['url', 'crun_asset'],
  },
  mediaLimits: {},
  // Published prices contradict each other, so `estimate` asks for the price.
  prices: null,
  estimates: 'price_call',
  // A lost webhook is not repeated, so tasks are polled sooner and more often than at a provider that retries.
  pace: { firstMs: 200_000, growth: 1.25, longestMs: 60_000 },
  showsProgress: false,
  // No call for it is documented.
  cancels: 'never',
}

// Documented for the mini model only; the other models have no such field.
function refuseFallback(request: JobRequest): Reason[] {
  const isSet = request.provider_options.crun?.byteplus_fallback !== undefined
  if (!isSet || request.model === 'seedance-2.0-mini') return []
  return [
    { path: 'provider_options.crun.byteplus_fallback', message: 'can only be used with seedance-2.0-mini' },
  ]
}
