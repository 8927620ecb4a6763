/**
 * Runware: one endpoint that takes arrays of tasks, up to four results under one `taskUUID` that we choose, and one
 * unsigned webhook per result. Sources: Runware's model page, its platform documentation (task polling, webhooks,
 * errors) and its published SDKs.
 */
import { ok, type Result } from '../../core/fault.ts'
import { modeOf } from '../../core/request/media.ts'
import type { JobRequest } from '../../core/request/request.ts'
import * as kinds from '../../setting-kinds.ts'
import type { Capabilities } from '../capabilities.ts'
import { refuseByCapabilities } from '../eligibility.ts'
import { type CallKind, callProvider, type ProviderCall } from '../http.ts'
import type { OnAnswer, Provider, Reason } from '../provider.ts'
import { defineSeller, type ProviderEdges } from '../seller.ts'
import type { Item } from './item.ts'
import { dryRunOf, options, optionsOf, promptOf, ratios, taskOf } from './request.ts'
import {
  isNeverSeen,
  outcomeOf,
  readAcknowledgement,
  readEstimate,
  readStatus,
  readWebhook,
} from './response.ts'

export const runware = defineSeller({
  title: 'Runware',
  prefix: 'RUNWARE',
  credentials: ['RUNWARE_API_KEY'],
  baseUrl: 'https://api.runware.ai/v1',
  settings: { RUNWARE_UPLOADS: kinds.either('on', 'off') },
  connect: ({ credentials: [apiKey], baseUrl, settings }, edges) =>
    connect({ apiKey, baseUrl, uploads: settings.RUNWARE_UPLOADS }, edges),
})

interface Account {
  apiKey: string
  baseUrl: string
  /** Whether videos are uploaded to us unless a request says otherwise. */
  uploads: boolean
}

function connect(account: Account, { fetch, now }: ProviderEdges): Provider {
  const call = (kind: CallKind, task: Record<string, unknown>, init: Partial<ProviderCall> = {}) =>
    callProvider(fetch, kind, account.baseUrl, {
      ...init,
      method: 'POST',
      headers: { authorization: `Bearer ${account.apiKey}`, ...init.headers },
      body: [task],
    })

  const fetchStatus = (taskUUID: string, onAnswer?: OnAnswer) =>
    call('safe', { taskType: 'getResponse', taskUUID }, { onAnswer })

  const fetchItems = async (taskUUID: string, onAnswer?: OnAnswer): Promise<Result<Item[]>> => {
    const response = await fetchStatus(taskUUID, onAnswer)
    return response.ok ? readStatus(response.value, taskUUID, now()) : response
  }

  const putsVideo = (request: JobRequest) => optionsOf(request).directUpload ?? account.uploads

  return {
    name: 'runware',
    capabilities,
    options,
    refuse: (request) => refuseByCapabilities(capabilities, request, promptOf(request)),
    warn: warnFixedRatio,

    async submit(submission, onAnswer) {
      const response = await call('billable', taskOf(submission), { onAnswer })
      if (!response.ok) return response
      return readAcknowledgement(response.value, submission.clientReference, now())
    },

    async estimate(request) {
      const dryRun = dryRunOf({ request, wanted: request.count, clientReference: crypto.randomUUID() })
      const response = await call('brief', dryRun, { headers: { 'x-runware-dry-run': '1' } })
      return response.ok ? readEstimate(response.value, now()) : response
    },

    async getStatus(task, onAnswer) {
      const items = await fetchItems(task.providerTaskId, onAnswer)
      return items.ok ? ok(outcomeOf(items.value, task.wanted, task.awaitsUpload)) : items
    },

    async findSubmission({ clientReference }) {
      const response = await fetchStatus(clientReference)
      if (!response.ok) return response
      const items = readStatus(response.value, clientReference, now())
      if (items.ok) return ok({ providerTaskId: clientReference })
      return isNeverSeen(response.value, clientReference) ? ok('not_found') : items
    },

    putsVideo,
    // It uploads to one URL for each task.
    outputsPerTask: (request) => (putsVideo(request) ? 1 : capabilities.outputsPerTask),

    // As in the recorded responses; the documentation names no others.
    outputHosts: ['vm.runware.ai', 'im.runware.ai'],

    parseWebhook: readWebhook,
  }
}

const capabilities: Capabilities = {
  models: {
    'seedance-2.0': { resolutions: ['480p', '720p', '1080p', '4k'] },
    'seedance-2.0-fast': { resolutions: ['480p', '720p'] },
    'seedance-2.0-mini': { resolutions: ['480p', '720p'] },
  },
  aspectRatios: { text: ratios, references: ratios, frames: [...ratios, 'auto'] },
  outputsPerTask: 4,
  // It refuses a taskUUID that is in use (`conflictTaskUUID`).
  repeats: 'harmless',
  promptLength: { min: 2, max: 10_000 },
  prompt: 'required',
  durations: 'seconds',
  seeds: 'none',
  media: {
    first_frame: ['url', 'data_uri', 'runware_id'],
    last_frame: ['url', 'data_uri', 'runware_id'],
    reference_images: ['url', 'data_uri', 'runware_id'],
    reference_videos: ['url', 'runware_id'],
    reference_audios: ['url', 'runware_id'],
  },
  mediaLimits: {},
  prices: {
    source: 'Runware, model page of Seedance 2.0 Mini',
    asOf: '2026-07',
    perSecond: {
      'seedance-2.0-mini': {
        '480p': { usd: 0.036, withVideosUsd: 0.043 },
        '720p': { usd: 0.081, withVideosUsd: 0.096 },
      },
    },
  },
  estimates: 'dry_run',
  // The webhook comes within seconds of the end and is retried, so polling only covers lost webhooks. Each poll costs us
  // database rows and messages. Most videos are finished before the first poll.
  pace: { firstMs: 240_000, growth: 1.25, longestMs: 120_000 },
  showsProgress: true,
  // No call for it is documented.
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
