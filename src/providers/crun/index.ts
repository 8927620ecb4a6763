/**
 * Crun, the reference-to-video gateway: the mode is part of the model's name, one output a task, an outcome code
 * in the body that goes before the HTTP status, one webhook without a retry, no way to find a lost submission.
 * Sources: docs.crun.ai, its OpenAPI description and its published command line.
 */
import type { AspectRatio, JobRequest } from '../../core/request/request.ts'
import { refuseByCapabilities } from '../eligibility.ts'
import { type CallKind, callProvider, type Fetch } from '../http.ts'
import type { Capabilities, Provider, Reason } from '../provider.ts'
import { options, promptOf, taskOf, wantedOf } from './request.ts'
import { readAcknowledgement, readEstimate, readStatus, readWebhook } from './response.ts'

export interface CrunAccount {
  apiKey: string
  baseUrl: string
  usdPerCredit?: number | undefined
}

export function crun(account: CrunAccount, fetch: Fetch, now: () => number): Provider {
  const call = (kind: CallKind, method: 'GET' | 'POST', path: string, body?: unknown) =>
    callProvider(fetch, kind, `${account.baseUrl}/api/v1/client/job/${path}`, {
      method,
      headers: { 'x-api-key': account.apiKey },
      ...(body !== undefined && { body }),
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

    async submit(submission) {
      const answer = await call('billable', 'POST', 'CreateTask', taskOf(submission))
      return answer.ok ? readAcknowledgement(answer.value, now()) : answer
    },

    async estimate(request) {
      const answer = await call('brief', 'POST', 'estimate-credits', wantedOf(request))
      return answer.ok ? readEstimate(answer.value, request.count, now()) : answer
    },

    async getStatus(task) {
      const answer = await call('safe', 'GET', `TaskInfo?task_id=${encodeURIComponent(task.providerTaskId)}`)
      return answer.ok ? readStatus(answer.value, task.providerTaskId, now()) : answer
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
  // The longest prompt it takes is undocumented; the family's is 6000 at the provider that states one.
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
  // What others say of its prices is contradictory, so it is asked.
  prices: null,
  estimates: 'price_call',
  // Its one webhook is not repeated when it gets lost, so it is asked sooner, and more often, than who repeats.
  pace: { firstMs: 200_000, growth: 1.25, longestMs: 60_000 },
}

// Documented for the mini model alone; the others have no such field.
function refuseFallback(request: JobRequest): Reason[] {
  const wanted = request.provider_options.crun?.byteplus_fallback !== undefined
  if (!wanted || request.model === 'seedance-2.0-mini') return []
  return [{ path: 'provider_options.crun.byteplus_fallback', message: 'goes with seedance-2.0-mini only' }]
}
