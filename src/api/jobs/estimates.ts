/** POST /v1/estimates: what a request would cost at each provider, and who cannot make it and why. */
import { createRoute, z } from '@hono/zod-openapi'
import { costSchema } from '../../core/cost.ts'
import { providerNames } from '../../core/request/request.ts'
import { problem, problemResponse, withBody, withoutKey } from '../problems.ts'
import { createRouter } from '../router.ts'
import { type Candidate, isAble, priceCandidates } from './choose-provider.ts'
import { jobRequestSchema, nothingSpent, requestFaults } from './request.ts'
import { validateRequest } from './validate.ts'

const reasons = z.array(z.object({ path: z.string(), message: z.string() }))

const estimateSchema = z
  .object({
    provider: z.enum(providerNames),
    eligible: z.boolean().meta({ description: 'Whether a job posted now could go there.' }),
    cost: costSchema.nullable().meta({ description: 'Of the whole job.' }),
    unpriced: z.string().nullable().meta({ description: 'Why there is no cost, where it was asked for.' }),
    reasons: reasons.meta({ description: 'Why it is not eligible: all of it.' }),
    warnings: reasons.meta({ description: 'What it would only partly honour.' }),
  })
  .openapi('Estimate')

const estimate = createRoute({
  method: 'post',
  path: '/',
  summary: 'Estimate a job',
  description: 'Takes the body of POST /v1/jobs, accepts nothing and spends nothing.',
  request: { body: { required: true, content: { 'application/json': { schema: jobRequestSchema } } } },
  responses: {
    ...withoutKey,
    200: {
      description: 'One estimate for each provider that would be asked, in that order.',
      content: { 'application/json': { schema: z.object({ data: z.array(estimateSchema) }) } },
    },
    ...withBody,
    422: problemResponse('Every fault of the request.'),
  },
})

export const estimateRoutes = createRouter()

estimateRoutes.openapi(
  estimate,
  async (c) => {
    const context = c.get('context')
    const request = c.req.valid('json')
    const passage = await validateRequest(context, c.get('apiKeyId'), request)
    if (!passage.ok) return problem(c, 'invalid_request', nothingSpent, passage.faults)
    const candidates = await priceCandidates(context, request, passage.known, 'deciding')
    const view = ({ name, provider, reasons, cost }: Candidate): z.infer<typeof estimateSchema> => ({
      provider: name,
      eligible: isAble({ name, provider, reasons, cost }),
      cost: cost?.ok ? cost.value : null,
      unpriced: cost?.ok === false ? cost.fault.message : null,
      reasons,
      warnings: provider?.warn(request) ?? [],
    })
    return c.json({ data: candidates.map(view) }, 200)
  },
  requestFaults,
)
