/**
 * AI/ML API: one path for submitting and asking, one output a generation, no webhooks, 403 for want of credits, and a
 * request log in which a lost submission is found by the reference we gave it. Sources: docs.aimlapi.com, its page on
 * Seedance 2.0 Mini and those on errors, request tracing and usage logs.
 */

import { refuseByCapabilities, warnIdenticalSeeds } from '../eligibility.ts'
import { callProvider, type Fetch } from '../http.ts'
import type { Capabilities, Provider } from '../provider.ts'
import { findInLog } from './logs.ts'
import { readEstimate } from './prices.ts'
import { generationOf, modelIds, options, promptOf, ratios, refuseOptions } from './request.ts'
import { readAcknowledgement, readStatus } from './response.ts'

/** Its page's sample: 120000 credits are 0.06 dollars. Where it tells both, its dollars count. */
export const usdPerCredit = 0.06 / 120_000

export interface AimlapiAccount {
  apiKey: string
  baseUrl: string
}

export function aimlapi(account: AimlapiAccount, fetch: Fetch, now: () => number): Provider {
  const authorization = `Bearer ${account.apiKey}`
  const ask = (path: string) =>
    callProvider(fetch, 'safe', `${account.baseUrl}/v2/${path}`, {
      method: 'GET',
      headers: { authorization },
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

    async submit(submission) {
      const answer = await callProvider(fetch, 'billable', `${account.baseUrl}/v2/video/generations`, {
        method: 'POST',
        // It correlates and does not deduplicate: sent twice, it is bought twice.
        headers: { authorization, 'x-client-request-id': submission.clientReference },
        body: generationOf(submission.request),
      })
      return answer.ok ? readAcknowledgement(answer.value, now()) : answer
    },

    async estimate(request) {
      const model = modelIds[request.model]
      const url = `${account.baseUrl}/v1/models?${new URLSearchParams({ id: model, include: 'pricing' })}`
      // The catalogue is public: it needs no key, and gets none.
      const answer = await callProvider(fetch, 'brief', url, { method: 'GET', headers: {} })
      return answer.ok ? readEstimate(answer.value, request) : answer
    },

    async getStatus({ providerTaskId }) {
      const query = new URLSearchParams({ generation_id: providerTaskId })
      const answer = await ask(`video/generations?${query}`)
      return answer.ok ? readStatus(answer.value, providerTaskId, now()) : answer
    },

    findSubmission: (lost) => findInLog((query) => ask(`logs?${query}`), lost, now()),
  }
}

const capabilities: Capabilities = {
  models: {
    'seedance-2.0': { resolutions: ['480p', '720p', '1080p', '4k'] },
    'seedance-2.0-fast': { resolutions: ['480p', '720p'] },
    'seedance-2.0-mini': { resolutions: ['480p', '720p'] },
  },
  aspectRatios: { text: ratios, references: ratios, frames: ratios },
  outputsPerTask: 1,
  // Its client reference correlates and does not deduplicate (its page on request tracing).
  repeats: 'billed_again',
  // The longest prompt it takes is undocumented; the family's is 6000 at the provider that states one.
  promptLength: { min: 1, max: 6_000 },
  prompt: 'required',
  durations: 'seconds',
  seeds: 'exact',
  // Base64 is documented for the two frames; the lists of references are of URLs.
  media: {
    first_frame: ['url', 'data_uri'],
    last_frame: ['url', 'data_uri'],
    reference_images: ['url'],
    reference_videos: ['url'],
    reference_audios: ['url'],
  },
  // Its pages on the three models. It says "between ~480p (640x640) and ~720p (834x1112)", which is taken as a count of
  // pixels, so that 1280×720 is one of them, whichever way it is turned. Of one sound `audio_url` allows 15.2 seconds, of
  // several `audio_urls` 15 together; one alone in that list is given the former.
  mediaLimits: {
    reference_videos: {
      contentTypes: ['video/mp4', 'video/quicktime'],
      pixels: { min: 640 * 640, max: 834 * 1112 },
    },
    reference_audios: {
      contentTypes: ['audio/mpeg', 'audio/wav'],
      longestSeconds: 15.2,
      longestTogetherSeconds: 15,
    },
  },
  // Its catalogue tells them, and is asked.
  prices: null,
  estimates: 'price_call',
  // It has no webhooks. Its own examples ask every 15 seconds; a video takes minutes, and each question costs 4 rows
  // and a message.
  pace: { firstMs: 20_000, growth: 1.25, longestMs: 30_000 },
}
