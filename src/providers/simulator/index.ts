/**
 * The simulator: a provider that is part of this Worker (src/simulator/), is called through its public URL like any other,
 * and makes the same short video for every request at no cost. It tests a deployment without money.
 */
import type { VersionedSecret } from '../../core/crypto/derived-keys.ts'
import { ok } from '../../core/fault.ts'
import { aspectRatios, maxCount, models } from '../../core/request/choices.ts'
import type { SentForm } from '../../core/request/media.ts'
import { modelLimits } from '../../core/request/model-limits.ts'
import type { Capabilities } from '../capabilities.ts'
import { refuseByCapabilities } from '../eligibility.ts'
import { type CallKind, callProvider, type ProviderCall } from '../http.ts'
import type { Provider } from '../provider.ts'
import type { Account, ProviderEdges } from '../seller.ts'
import { options, promptOf, taskOf } from './request.ts'
import { freeOfCharge, readAcknowledgement, readStatus, readWebhook } from './response.ts'
import { callToken } from './token.ts'

interface SimulatorAccount {
  baseUrl: string
  secret: VersionedSecret
  /** Not only for the admin key. */
  isForEveryone: boolean
}

export function simulator(account: SimulatorAccount): Account {
  return (edges) => connect(account, edges)
}

function connect(account: SimulatorAccount, { fetch, now }: ProviderEdges): Provider {
  const call = async (kind: CallKind, path: string, init: Omit<ProviderCall, 'headers'>) =>
    callProvider(fetch, kind, `${account.baseUrl}/tasks${path}`, {
      headers: { authorization: `Bearer ${await callToken(account.secret)}` },
      ...init,
    })

  return {
    name: 'simulator',
    isOnlyForAdmin: !account.isForEveryone,
    capabilities,
    options,
    refuse: (request) => refuseByCapabilities(capabilities, request, promptOf(request)),
    warn: () => [],

    async submit(submission, onAnswer) {
      const response = await call('billable', '', { method: 'POST', body: taskOf(submission), onAnswer })
      return response.ok ? readAcknowledgement(response.value, now()) : response
    },

    estimate: async () => ok({ ...freeOfCharge, source: 'provider_estimate' }),

    async getStatus({ providerTaskId }, onAnswer) {
      const response = await call('safe', `/${encodeURIComponent(providerTaskId)}`, {
        method: 'GET',
        onAnswer,
      })
      return response.ok ? readStatus(response.value, providerTaskId, now()) : response
    },

    parseWebhook: readWebhook,
  }
}

const forms = ['url', 'crun_asset', 'runware_id'] as const satisfies readonly SentForm[]

/** Everything that a request can have, but for MOV: what another provider would refuse is not simulated. */
const capabilities: Capabilities = {
  models: Object.fromEntries(models.map((model) => [model, { resolutions: modelLimits[model].resolutions }])),
  aspectRatios: { text: aspectRatios, references: aspectRatios, frames: aspectRatios },
  outputsPerTask: maxCount,
  // Each submission makes a task, and none costs anything.
  repeats: 'harmless',
  promptLength: { min: 1, max: 10_000 },
  prompt: 'optional_with_media',
  durations: 'seconds_or_auto',
  seeds: 'exact',
  media: {
    first_frame: forms,
    last_frame: forms,
    reference_images: forms,
    reference_videos: forms,
    reference_audios: forms,
  },
  mediaLimits: {},
  prices: null,
  estimates: 'computed',
  // Its webhook comes after three seconds, or after twenty. A task whose webhook was lost is polled soon after.
  pace: { firstMs: 15_000, growth: 1.5, longestMs: 30_000 },
  showsProgress: true,
  // Nothing of a task is stored, and none costs anything.
  cancels: 'never',
}
