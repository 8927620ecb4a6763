/** list_models: what can be made here, and for how much. */
import { z } from 'zod'
import { models, sellerNames } from '../../../core/request/choices.ts'
import type { viewModel } from '../../models/models.ts'
import { offerSchema } from '../../models/schema.ts'
import { ask, defineParsedTool } from './tool.ts'

type Model = ReturnType<typeof viewModel>

const { limits, provider_options } = offerSchema.shape
// Without their parts, so that the definition of the tool is short. They are as in GET /v1/models.
const media = z.record(z.string(), z.array(z.string()))
const media_files = z.record(z.string(), z.record(z.string(), z.unknown()))
/** The optional parts are long: only one provider is shown with them. */
const shownOfferSchema = offerSchema
  .pick({ provider: true, modes: true, resolutions: true, output_formats: true, prices: true })
  .extend({
    limits: limits
      .pick({ prompt: true, duration: true, count: true, references: true, seed: true })
      .extend({ media: media.optional(), media_files: media_files.optional() }),
    provider_options: provider_options.optional(),
  })
const briefOfferSchema = shownOfferSchema.omit({ provider_options: true }).extend({
  limits: shownOfferSchema.shape.limits.omit({ media: true, media_files: true }),
})

export const listModels = defineParsedTool(
  {
    name: 'list_models',
    title: 'List models',
    description:
      'The models, and for each provider that this deployment has: modes, resolutions, limits and prices. With a provider, only that one, with its provider_options as a JSON Schema and the limits of its media.',
    scope: 'any',
    annotations: { readOnlyHint: true, openWorldHint: false },
    input: z.strictObject({
      model: z.enum(models).optional(),
      provider: z.enum(sellerNames).optional(),
    }),
    output: z.object({
      models: z.array(z.object({ model: z.enum(models), providers: z.array(shownOfferSchema) })),
    }),
  },
  async (chosen, { api }) => {
    const asked = await ask<{ data: Model[] }>(api, '/v1/models')
    if (!asked.ok) return asked
    const shownSchema = chosen.provider === undefined ? briefOfferSchema : shownOfferSchema
    const shown: { model: string; providers: Offer[] }[] = asked.body.data
      .filter(({ model }) => chosen.model === undefined || model === chosen.model)
      .map(({ model, providers }) => ({
        model,
        providers: providers
          .filter(({ configured }) => configured)
          .filter(({ provider }) => chosen.provider === undefined || provider === chosen.provider)
          .map((offer) => shownSchema.parse(offer)),
      }))
    return { ok: true, text: shown.map(modelText).join('\n'), structured: { models: shown } }
  },
)

type Offer = z.infer<typeof shownOfferSchema>

function modelText({ model, providers }: { model: string; providers: Offer[] }): string {
  return `${model}: ${providers.length === 0 ? 'no provider' : providers.map(offerText).join(', ')}`
}

function offerText({ provider, resolutions, limits: { duration }, prices }: Offer): string {
  const perSecond = prices?.usd_per_second.map(({ resolution, usd }) => `${resolution} $${usd}/s`)
  const offered = perSecond ?? [...resolutions, 'price by estimate_video']
  return `${provider} (${duration.min_seconds} to ${duration.max_seconds} s; ${offered.join(', ')})`
}
