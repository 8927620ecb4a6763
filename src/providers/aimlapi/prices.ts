/** What AI/ML API's public catalogue says of prices (docs.aimlapi.com, Model Catalogue API, "Reading prices"). */
import { z } from 'zod'
import { type Cost, timesCost } from '../../core/cost.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import type { JobRequest } from '../../core/request/request.ts'
import { answerLost, type ProviderResponse } from '../http.ts'
import { generationOf } from './request.ts'
import { isSuccess } from './response.ts'

export function readEstimate({ status, headers, body }: ProviderResponse, request: JobRequest): Result<Cost> {
  if (!isSuccess({ status, headers, body }))
    return answerLost('brief', `AI/ML API answered ${status}`, { status })
  const sent = generationOf(request)
  const catalogue = catalogueSchema.safeParse(body)
  const models = catalogue.success ? catalogue.data.data.flat() : []
  const model = models.find(({ id, aliases }) => id === sent.model || aliases?.includes(sent.model))
  const rate = model?.pricing == null ? undefined : rateFor(model.pricing, sent)
  const amount = rate === undefined ? undefined : amountOf(rate, request.duration)
  if (amount === undefined) return fail('price_unknown', 'AI/ML API names no price for this.')
  return ok(timesCost({ amount_usd: amount, source: 'provider_estimate' }, request.count))
}

/** One rate for all (`fixed`), or the one whose conditions are what is sent (`variants`); others cannot be told. */
function rateFor({ kind, units, variants }: Pricing, sent: Record<string, unknown>): Rate | undefined {
  if (kind === 'fixed') return units?.flat()[0]
  if (kind !== 'variants') return undefined
  return variants
    ?.flat()
    .find(({ when }) => Object.entries(when).every(([name, value]) => String(sent[name]) === String(value)))
}

/** `price` is asked for `per` units, and the unit may be the second or the whole video. */
function amountOf({ price, per, unit }: Rate, duration: JobRequest['duration']): number | undefined {
  if (/^(generation|request|video)s?$/.test(unit)) return price / per
  return /^seconds?$/.test(unit) && duration !== 'auto' ? (price / per) * duration : undefined
}

// An entry that cannot be read must not cost us its neighbours.
const lenient = <T extends z.ZodType>(schema: T) =>
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
  units: lenient(unitSchema).optional(),
  variants: lenient(variantSchema).optional(),
})

const modelSchema = z.object({
  id: z.string(),
  aliases: z.array(z.string()).nullish().catch(null),
  pricing: pricingSchema.nullish().catch(null),
})

const catalogueSchema = z.object({ data: lenient(modelSchema) })

type Pricing = z.infer<typeof pricingSchema>
type Rate = { price: number; per: number; unit: string }
