/**
 * Scenario: a model's own path for submitting, media as uploaded assets only, no webhooks, two hops to a result (the
 * job names assets, an asset has a URL that ends), creative units for money. Sources: Scenario's API references of
 * Seedance 2.0 Mini and 2.0 Fast, its documentation of jobs and assets, and its published SDK.
 */
import { ok, type Result } from '../../core/fault.ts'
import { modeOf } from '../../core/request/media.ts'
import { type AspectRatio, aspectRatios, type JobRequest } from '../../core/request/request.ts'
import type { Guard } from '../../core/url/policy.ts'
import { refuseByCapabilities, warnIdenticalSeeds } from '../eligibility.ts'
import { type CallKind, callProvider, type Fetch } from '../http.ts'
import type { Capabilities, Outcome, Provider, Reason } from '../provider.ts'
import { findAmongJobs } from './jobs.ts'
import { dryRunOf, generationOf, modelIds, options, promptOf } from './request.ts'
import { readAcknowledgement, readAsset, readEstimate, readJob } from './response.ts'
import { checkImport, sendMedia, type Uploading } from './upload.ts'

export interface ScenarioAccount {
  apiKey: string
  apiSecret: string
  baseUrl: string
  usdPerCredit?: number | undefined
}

export function scenario(account: ScenarioAccount, fetch: Fetch, now: () => number, guard: Guard): Provider {
  const authorization = `Basic ${btoa(`${account.apiKey}:${account.apiSecret}`)}`
  const call = (kind: CallKind, method: 'GET' | 'POST', path: string, body?: unknown) =>
    callProvider(fetch, kind, `${account.baseUrl}/${path}`, {
      method,
      headers: { authorization },
      ...(body !== undefined && { body }),
    })

  const collect = async (assetIds: readonly string[]): Promise<Result<Outcome>> => {
    const answers = await Promise.all(
      assetIds.map(async (id) => {
        const answer = await call('safe', 'GET', `assets/${segment(id)}`)
        return answer.ok ? readAsset(answer.value, id, now()) : answer
      }),
    )
    const refused = answers.find((answer) => !answer.ok)
    if (refused !== undefined) {
      return ok({ state: 'pending', finished: [], faults: [], withheld: refused.fault })
    }
    return ok({
      state: 'done',
      outputs: answers.flatMap((answer) => (answer.ok ? answer.value : [])),
      faults: [],
    })
  }

  const uploading: Uploading = {
    call: (method, path, body) => call('safe', method, path, body),
    fetch,
    guard,
    now,
  }

  return {
    name: 'scenario',
    capabilities,
    options,
    refuse: (request) => refuseByCapabilities(capabilities, request, promptOf(request)),
    warn: (request) => [...warnOfShape(request), ...warnIdenticalSeeds(request)],

    async submit(submission) {
      const generation = generationOf(submission)
      if (!generation.ok) return generation
      const path = `generate/custom/${modelIds[submission.request.model]}`
      const answer = await call('billable', 'POST', path, generation.value)
      return answer.ok ? readAcknowledgement(answer.value, Object.keys(generation.value), now()) : answer
    },

    async estimate(request) {
      const rehearsal = dryRunOf(request)
      if (!rehearsal.ok) return rehearsal
      const path = `generate/custom/${modelIds[request.model]}?dryRun=true`
      const answer = await call('brief', 'POST', path, rehearsal.value)
      if (!answer.ok) return answer
      return readEstimate(answer.value, Object.keys(rehearsal.value), request.count, now())
    },

    async getStatus(task) {
      const answer = await call('safe', 'GET', `jobs/${segment(task.providerTaskId)}`)
      if (!answer.ok) return answer
      const job = readJob(answer.value, task.providerTaskId, now())
      if (!job.ok) return job
      return job.value.state === 'made' ? collect(job.value.assetIds.slice(0, task.wanted)) : ok(job.value)
    },

    findSubmission: (lost) => findAmongJobs((query) => call('safe', 'GET', `jobs?${query}`), lost, now()),

    uploads: {
      send: (media) => sendMedia(uploading, media),
      check: (uploadId) => checkImport(uploading, uploadId),
    },
  }
}

// Half a surrogate pair, which encodeURIComponent throws at, can come in any JSON.
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
  prompt: 'optional with media',
  durations: 'seconds_or_auto',
  // Documented for these models, though schemas seen elsewhere lack it; a refusal will name it.
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
  // Creative units, whose price depends on the plan.
  prices: null,
  estimates: 'dry_run',
  // It has no webhooks. Its own SDK asks every 3 seconds; a video takes minutes, and each question costs 4 rows and a
  // message.
  pace: { firstMs: 20_000, growth: 1.25, longestMs: 30_000 },
}

function warnOfShape(request: JobRequest): Reason[] {
  if (modeOf(request) !== 'frames' || (request.aspect_ratio ?? 'auto') === 'auto') return []
  return [
    { path: 'aspect_ratio', message: 'is not honoured with a first frame: the video follows the image' },
  ]
}
