/**
 * Runware: one endpoint that takes arrays of tasks; N results under one `taskUUID` of our own making; a webhook
 * for each result, unsigned. Sources: Runware's model page and platform documentation (task polling, webhooks,
 * errors) and its published SDKs.
 */
import { ok, type Result } from '../../core/fault.ts'
import { modeOf } from '../../core/request/media.ts'
import type { JobRequest } from '../../core/request/request.ts'
import { refuseByCapabilities } from '../eligibility.ts'
import { type CallKind, callProvider, type Fetch } from '../http.ts'
import type { Capabilities, Provider } from '../provider.ts'
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

export interface RunwareAccount {
  apiKey: string
  baseUrl: string
  /** Whether videos are uploaded to us unless a request says otherwise. */
  uploads?: boolean
}

export function runware(account: RunwareAccount, fetch: Fetch, now: () => number): Provider {
  const call = (kind: CallKind, task: Record<string, unknown>, headers: Record<string, string> = {}) =>
    callProvider(fetch, kind, account.baseUrl, {
      method: 'POST',
      headers: { authorization: `Bearer ${account.apiKey}`, ...headers },
      body: [task],
    })

  const askRaw = (taskUUID: string) => call('safe', { taskType: 'getResponse', taskUUID })

  const ask = async (taskUUID: string): Promise<Result<Item[]>> => {
    const answer = await askRaw(taskUUID)
    return answer.ok ? readStatus(answer.value, taskUUID, now()) : answer
  }

  const putsVideo = (request: JobRequest) => optionsOf(request).directUpload ?? account.uploads ?? false

  return {
    name: 'runware',
    capabilities,
    options,
    refuse: (request) => refuseByCapabilities(capabilities, request, promptOf(request)),
    warn: (request) =>
      modeOf(request) === 'frames' && request.aspect_ratio !== undefined && request.aspect_ratio !== 'auto'
        ? [
            {
              path: 'aspect_ratio',
              message: 'is not honoured with a first frame: the video follows the image',
            },
          ]
        : [],

    async submit(submission) {
      const answer = await call('billable', taskOf(submission))
      return answer.ok ? readAcknowledgement(answer.value, submission.clientReference, now()) : answer
    },

    async estimate(request) {
      const rehearsal = dryRunOf({ request, wanted: request.count, clientReference: crypto.randomUUID() })
      const answer = await call('brief', rehearsal, { 'x-runware-dry-run': '1' })
      return answer.ok ? readEstimate(answer.value, now()) : answer
    },

    async getStatus(task) {
      const items = await ask(task.providerTaskId)
      return items.ok ? ok(outcomeOf(items.value, task.wanted, task.awaitsUpload)) : items
    },

    async findSubmission({ clientReference }) {
      const answer = await askRaw(clientReference)
      if (!answer.ok) return answer
      const items = readStatus(answer.value, clientReference, now())
      if (items.ok) return ok({ providerTaskId: clientReference })
      return isNeverSeen(answer.value, clientReference) ? ok('not_found') : items
    },

    putsVideo,
    // It uploads to one URL for each task.
    outputsPerTask: (request) => (putsVideo(request) ? 1 : capabilities.outputsPerTask),

    // As its answers show; the documents show no other.
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
  // It refuses a taskUUID that is taken (`conflictTaskUUID`).
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
  // Its webhook comes within seconds of the end, and is repeated: asking is for those that are lost all the same, and
  // each question costs rows and messages. Most videos are made before the first.
  pace: { firstMs: 240_000, growth: 1.25, longestMs: 120_000 },
}
