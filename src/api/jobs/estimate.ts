/** What a request would cost at a provider. Spends nothing. */

import { withLinks } from '../../assets/links.ts'
import type { Config } from '../../config.ts'
import type { Context } from '../../context.ts'
import type { Cost } from '../../core/cost.ts'
import { sha256 } from '../../core/crypto/derived-keys.ts'
import { fail, type Result } from '../../core/fault.ts'
import { isDataUri, mapMedia } from '../../core/request/media.ts'
import type { JobRequest } from '../../core/request/request.ts'
import { priceOf } from '../../providers/price-table.ts'
import type { Provider } from '../../providers/provider.ts'

/** Whether somebody decides by it, or it is only told: then nothing that looks like a purchase is risked. */
export type Purpose = 'deciding' | 'informing'

export async function estimate(
  context: Context,
  provider: Provider,
  request: JobRequest,
  purpose: Purpose,
): Promise<Result<Cost>> {
  const published = priceOf(provider.capabilities.prices, request)
  if (published !== null) return { ok: true, value: published }
  const isRisked = provider.capabilities.estimates === 'dry_run' && purpose === 'informing'
  const ask = isRisked ? undefined : provider.estimate
  if (ask === undefined) return fail('price_unknown', `${provider.name} publishes no price for this.`)
  return remember(context, await keyOf(provider, request), async () => {
    const linked = await withLinks(context, { request, deadlineAt: context.now() })
    return linked.ok ? ask(withStandIns(context, provider, linked.value)) : linked
  })
}

/** What is embedded is stored once the job is accepted: until then a price is asked with a URL where none may stand. */
function withStandIns({ config }: Context, { capabilities }: Provider, request: JobRequest): JobRequest {
  const url = `${config.publicBaseUrl}/v1/assets/embedded/content`
  const taken = capabilities.media.first_frame.includes('data_uri')
  return mapMedia(request, (media) =>
    isDataUri(media) && !(taken && /^data:image\//i.test(media)) ? url : media,
  )
}

const keptMs = 10 * 60_000
// Somebody waits for each answer: a provider that is down is not asked for every job.
const troubleKeptMs = 60_000
const mostKept = 1_000

/** Prices change seldom, requests of one shape come often. The memory lasts as long as the isolate. */
const memories = new WeakMap<Config, Map<string, { told: Result<Cost>; until: number }>>()

async function remember(
  { config, now }: Context,
  key: string,
  ask: () => Promise<Result<Cost>>,
): Promise<Result<Cost>> {
  const memory = memories.get(config) ?? new Map()
  memories.set(config, memory)
  const known = memory.get(key)
  if (known !== undefined && known.until > now()) return known.told
  const told = await ask()
  if (memory.size >= mostKept) memory.clear()
  memory.set(key, { told, until: now() + (told.ok ? keptMs : troubleKeptMs) })
  return told
}

/** All that a price may depend on: not the words, not which images they are. */
function keyOf({ name }: Provider, request: JobRequest): Promise<string> {
  const { model, resolution, duration, aspect_ratio, generate_audio, count } = request
  const { first_frame, last_frame, reference_images, reference_videos, reference_audios } = request
  const frames = [first_frame, last_frame].filter((frame) => frame !== undefined).length
  const media = [frames, reference_images.length, reference_videos, reference_audios]
  const shape = [
    model,
    resolution,
    duration,
    aspect_ratio,
    generate_audio,
    count,
    request.prompt === undefined,
  ]
  return sha256(JSON.stringify([name, shape, media, request.provider_options[name]]))
}

/** Why this is too dear, or cannot be known not to be. Null: it is within the limit. */
export function overLimit(told: Result<Cost>, limitUsd: number): string | null {
  if (!told.ok) return `its price is not known: ${told.fault.message}`
  const { amount_usd } = told.value
  if (amount_usd !== undefined) return amount_usd <= limitUsd ? null : `it would cost $${amount_usd}`
  return 'its price is in credits, and what a credit costs is not set here'
}
