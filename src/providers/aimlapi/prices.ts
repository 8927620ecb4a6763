/** Prices in the public catalogue of AI/ML API (docs.aimlapi.com, Model Catalogue API, "Reading prices"). */
import { z } from 'zod'
import { type Cost, timesCost } from '../../core/cost.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import type { JobRequest } from '../../core/request/request.ts'
import { inconclusiveStatus, isSuccess, type ProviderResponse } from '../http.ts'
import { lenient } from '../lenient.ts'
import { generationOf } from './request.ts'

export function readEstimate(response: ProviderResponse, request: JobRequest): Result<Cost> {
  if (!isSuccess(response)) return inconclusiveStatus('brief', 'AI/ML API', response)
  const sent = generationOf(request)
  const catalogue = catalogueSchema.safeParse(response.body)
  const models = catalogue.success ? catalogue.data.data.flat() : []
  const model = models.find(({ id, aliases }) => id === sent.model || aliases?.includes(sent.model))
  const rate = model?.pricing == null ? undefined : rateFor(model.pricing, sent)
  const amount = rate === undefined ? undefined : amountOf(rate, request.duration)
  if (amount === undefined) return fail('price_unknown', 'AI/ML API gives no price for this request.')
  return ok(timesCost({ amount_usd: amount, source: 'provider_estimate' }, request.count))
}

/** The only rate (`fixed`), or the one whose conditions match the sent values (`variants`). Other kinds have no rate. */
function rateFor({ kind, units, variants }: Pricing, sent: Record<string, unknown>): Rate | undefined {
  if (kind === 'fixed') return units?.flat()[0]
  if (kind !== 'variants') return undefined
  return variants
    ?.flat()
    .find(({ when }) => Object.entries(when).every(([name, value]) => String(sent[name]) === String(value)))
}

/** `price` is for `per` units. The unit is a second or a whole video. */
function amountOf({ price, per, unit }: Rate, duration: JobRequest['duration']): number | undefined {
  if (/^(generation|request|video)s?$/.test(unit)) return price / per
  return /^seconds?$/.test(unit) && duration !== 'auto' ? (price / per) * duration : undefined
}

// An unreadable entry is skipped.
const readable = <Schema extends z.ZodType>(schema: Schema) =>
  z.array(z.union([schema.transform((item) => [item]), z.unknown().transform(() => [])]))

const rate = { price: z.number().nonnegative(), per: z.number().positive().default(1) }

const unitSchema = z
  .object({ ...rate, unit: z.string().optional(), name: z.string().optional() })
  .transform(({ unit, name, ...rest }) => ({ ...rest, unit: unit ?? name ?? '' }))

const variantSchema = z.object({
  ...rate,
  unit: z.string(),
  when: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
})

const pricingSchema = z.object({
  kind: z.string(),
  units: readable(unitSchema).optional(),
  variants: readable(variantSchema).optional(),
})

const modelSchema = z.object({
  id: z.string(),
  aliases: lenient(z.array(z.string())),
  pricing: lenient(pricingSchema),
})

const catalogueSchema = z.object({ data: readable(modelSchema) })

type Pricing = z.infer<typeof pricingSchema>
type Rate = { price: number; per: number; unit: string }
