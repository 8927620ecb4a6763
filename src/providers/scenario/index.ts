/**
 * Scenario: one submission path per model, media as uploaded assets only, no webhooks, two requests to a result (the
 * job names assets, an asset has an expiring URL), prices in creative units. Sources: Scenario's API references of
 * Seedance 2.0 Mini and 2.0 Fast, its documentation of jobs and assets, and its published SDK.
 */
import { ok, type Result } from '../../core/fault.ts'
import { type AspectRatio, aspectRatios } from '../../core/request/choices.ts'
import { modeOf } from '../../core/request/media.ts'
import type { JobRequest } from '../../core/request/request.ts'
import * as kinds from '../../setting-kinds.ts'
import type { Capabilities } from '../capabilities.ts'
import { refuseByCapabilities, warnIdenticalSeeds } from '../eligibility.ts'
import { type CallKind, callProvider, type ProviderCall } from '../http.ts'
import type { Outcome, Provider, Reason, RemoteOutput } from '../provider.ts'
import { defineSeller, type ProviderEdges } from '../seller.ts'
import { withUsd } from '../usd.ts'
import { findAmongJobs } from './jobs.ts'
import { dryRunOf, generationOf, modelIdOf, options, promptOf } from './request.ts'
import { readAcknowledgement, readAsset, readEstimate, readJob } from './response.ts'
import { checkImport, sendMedia, type UploadCalls } from './upload.ts'

export const scenario = defineSeller({
  title: 'Scenario',
  prefix: 'SCENARIO',
  credentials: ['SCENARIO_SDK_API_KEY', 'SCENARIO_SDK_API_SECRET'],
  baseUrl: 'https://api.cloud.scenario.com/v1',
  settings: { SCENARIO_USD_PER_UNIT: kinds.optional(kinds.price) },
  connect: ({ credentials, baseUrl, settings }, edges) =>
    withUsd(connect({ login: credentials.join(':'), baseUrl }, edges), settings.SCENARIO_USD_PER_UNIT),
})

interface Account {
  /** The key and its secret, joined with a colon. */
  login: string
  baseUrl: string
}

function connect(account: Account, { fetch, now, guard }: ProviderEdges): Provider {
  const authorization = `Basic ${btoa(account.login)}`
  const call = (kind: CallKind, path: string, init: Omit<ProviderCall, 'headers'>) =>
    callProvider(fetch, kind, `${account.baseUrl}/${path}`, { headers: { authorization }, ...init })

  const fetchAsset = async (id: string): Promise<Result<RemoteOutput>> => {
    const response = await call('safe', `assets/${segment(id)}`, { method: 'GET' })
    return response.ok ? readAsset(response.value, id, now()) : response
  }

  const collect = async (assetIds: readonly string[]): Promise<Outcome> => {
    const assets = await Promise.all(assetIds.map(fetchAsset))
    const failure = assets.find((asset) => !asset.ok)
    if (failure !== undefined) return { state: 'pending', finished: [], faults: [], withheld: failure.fault }
    const outputs = assets.flatMap((asset) => (asset.ok ? asset.value : []))
    return { state: 'done', outputs, faults: [] }
  }

  const uploads: UploadCalls = {
    call: (method, path, body) => call('safe', path, { method, body }),
    fetch,
    guard,
    now,
  }

  return {
    name: 'scenario',
    capabilities,
    options,
    refuse: (request) => refuseByCapabilities(capabilities, request, promptOf(request)),
    warn: (request) => [...warnFixedRatio(request), ...warnIdenticalSeeds(request)],

    async submit(submission, onAnswer) {
      const generation = generationOf(submission)
      if (!generation.ok) return generation
      const path = `generate/custom/${modelIdOf(submission.request)}`
      const body = generation.value
      const response = await call('billable', path, { method: 'POST', body, onAnswer })
      if (!response.ok) return response
      return readAcknowledgement(response.value, Object.keys(body), now())
    },

    async estimate(request) {
      const dryRun = dryRunOf(request)
      if (!dryRun.ok) return dryRun
      const path = `generate/custom/${modelIdOf(request)}?dryRun=true`
      const response = await call('brief', path, { method: 'POST', body: dryRun.value })
      if (!response.ok) return response
      return readEstimate(response.value, Object.keys(dryRun.value), request.count, now())
    },

    async getStatus({ providerTaskId, wanted }, onAnswer) {
      const response = await call('safe', `jobs/${segment(providerTaskId)}`, { method: 'GET', onAnswer })
      if (!response.ok) return response
      const job = readJob(response.value, providerTaskId, now())
      if (!job.ok) return job
      return ok(job.value.state === 'made' ? await collect(job.value.assetIds.slice(0, wanted)) : job.value)
    },

    findSubmission: (submission) =>
      findAmongJobs((query) => call('safe', `jobs?${query}`, { method: 'GET' }), submission, now()),

    uploads: {
      send: (media) => sendMedia(uploads, media),
      check: (uploadId) => checkImport(uploads, uploadId),
    },
  }
}

// JSON may contain half a surrogate pair, and encodeURIComponent throws on it.
function segment(id: string): string {
  return encodeURIComponent(id.toWellFormed())
}

const ratios: readonly AspectRatio[] = aspectRatios

const capabilities: Capabilities = {
  models: {
    'seedance-2.0': { resolutions: ['480p', '720p', '1080p', '4k'] },
    'seedance-2.0-fast': { resolutions: ['480p', '720p'] },
    'seedance-2.0-mini': { resolutions: ['480p', '720p'] },
  },
  aspectRatios: { text: ratios, references: ratios, frames: ratios },
  outputsPerTask: 1,
  repeats: 'billed_again',
  promptLength: { min: 1, max: 6_000 },
  prompt: 'optional_with_media',
  durations: 'seconds_or_auto',
  // Documented for these models, but missing in other published schemas; a refusal would name the field.
  seeds: 'exact',
  // Every medium is uploaded to Scenario before the task is submitted.
  media: {
    first_frame: ['url'],
    last_frame: ['url'],
    reference_images: ['url'],
    reference_videos: ['url'],
    reference_audios: ['url'],
  },
  mediaLimits: {},
  // In creative units, whose price depends on the plan.
  prices: null,
  estimates: 'dry_run',
  // No webhooks. Its SDK polls every 3 seconds; a video takes minutes, and each poll costs us 4 database rows and a
  // message.
  pace: { firstMs: 20_000, growth: 1.25, longestMs: 30_000 },
  showsProgress: true,
  // `POST /jobs/{id}/action` with `cancel` refuses most generation jobs, and no page says that a canceled one is free.
  cancels: 'never',
}

function warnFixedRatio(request: JobRequest): Reason[] {
  if (modeOf(request) !== 'frames' || (request.aspect_ratio ?? 'auto') === 'auto') return []
  return [
    {
      path: 'aspect_ratio',
      message: 'is not honored with a first frame: the video has the shape of the image',
    },
  ]
}
