/**
 * AI/ML API: one path for submitting and polling, one output per generation, no webhooks, 403 for missing credit, and a
 * request log that finds a lost submission by our reference. Sources: docs.aimlapi.com, its pages on Seedance 2.0 Mini,
 * errors, request tracing and usage logs.
 */

import type { Capabilities } from '../capabilities.ts'
import { refuseByCapabilities, warnIdenticalSeeds } from '../eligibility.ts'
import { callProvider } from '../http.ts'
import type { OnAnswer, Provider } from '../provider.ts'
import { defineSeller, type ProviderEdges } from '../seller.ts'
import { withUsd } from '../usd.ts'
import { findInLog } from './logs.ts'
import { modelIdOf, models } from './models.ts'
import { readEstimate } from './prices.ts'
import { generationOf, options, promptOf, ratios, refuseOptions } from './request.ts'
import { readAcknowledgement, readStatus } from './response.ts'

/** From the sample on its page: 120000 credits cost 0.06 US dollars. Reported dollars take precedence. */
const usdPerCredit = 0.06 / 120_000

export const aimlapi = defineSeller({
  title: 'AI/ML API',
  prefix: 'AIMLAPI',
  credentials: ['AIMLAPI_API_KEY'],
  baseUrl: 'https://api.aimlapi.com',
  settings: {},
  connect: ({ credentials: [apiKey], baseUrl }, edges) =>
    withUsd(connect({ apiKey, baseUrl }, edges), usdPerCredit),
})

interface Account {
  apiKey: string
  baseUrl: string
}

function connect(account: Account, { fetch, now }: ProviderEdges): Provider {
  const authorization = `Bearer ${account.apiKey}`
  const get = (path: string, onAnswer?: OnAnswer) =>
    callProvider(fetch, 'safe', `${account.baseUrl}/v2/${path}`, {
      method: 'GET',
      headers: { authorization },
      onAnswer,
    })

  return {
    name: 'aimlapi',
    capabilities,
    options,
    refuse: (request) => [
      ...refuseByCapabilities(capabilities, request, promptOf(request)),
      ...refuseOptions(request),
    ],
    warn: warnIdenticalSeeds,

    async submit(submission, onAnswer) {
      const response = await callProvider(fetch, 'billable', `${account.baseUrl}/v2/video/generations`, {
        method: 'POST',
        // The id correlates but does not deduplicate: a second submission buys a second video.
        headers: { authorization, 'x-client-request-id': submission.clientReference },
        body: generationOf(submission.request),
        onAnswer,
      })
      return response.ok ? readAcknowledgement(response.value, now()) : response
    },

    async estimate(request) {
      const model = modelIdOf(request)
      const url = `${account.baseUrl}/v1/models?${new URLSearchParams({ id: model, include: 'pricing' })}`
      // The catalogue is public, so the key is not sent.
      const response = await callProvider(fetch, 'brief', url, { method: 'GET', headers: {} })
      return response.ok ? readEstimate(response.value, request) : response
    },

    async getStatus({ providerTaskId }, onAnswer) {
      const query = new URLSearchParams({ generation_id: providerTaskId })
      const response = await get(`video/generations?${query}`, onAnswer)
      return response.ok ? readStatus(response.value, providerTaskId, now()) : response
    },

    findSubmission: (submission) => findInLog((query) => get(`logs?${query}`), submission, now()),
  }
}

const capabilities: Capabilities = {
  models,
  aspectRatios: { text: ratios, references: ratios, frames: ratios },
  outputsPerTask: 1,
  // The client reference does not deduplicate (its page on request tracing).
  repeats: 'billed_again',
  // Its maximum is undocumented. Another provider of this model family documents 6000.
  promptLength: { min: 1, max: 6_000 },
  prompt: 'required',
  durations: 'seconds',
  seeds: 'exact',
  // Base64 is documented for the two frames only; the reference lists take URLs.
  media: {
    first_frame: ['url', 'data_uri'],
    last_frame: ['url', 'data_uri'],
    reference_images: ['url'],
    reference_videos: ['url'],
    reference_audios: ['url'],
  },
  // Source: its pages on the models of Seedance 2.0. "Between ~480p (640x640) and ~720p (834x1112)" is read as a pixel count, so
  // that 1280×720 fits in both orientations. `audio_url` allows one file of 15.2 seconds, `audio_urls` 15 seconds in
  // total; a single file in that list gets the higher limit.
  mediaLimits: {
    reference_videos: {
      contentTypes: ['video/mp4', 'video/quicktime'],
      pixels: { min: 640 * 640, max: 834 * 1112 },
    },
    reference_audios: {
      contentTypes: ['audio/mpeg', 'audio/wav'],
      maxSeconds: 15.2,
      maxTotalSeconds: 15,
    },
  },
  // `estimate` reads them from the catalogue.
  prices: null,
  estimates: 'price_call',
  // No webhooks. Its examples poll every 15 seconds; a video takes minutes, and each poll costs us 4 database rows and
  // a message.
  pace: { firstMs: 20_000, growth: 1.25, longestMs: 30_000 },
  showsProgress: false,
  // No call for it is documented.
  cancels: 'never',
}
