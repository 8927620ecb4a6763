/** POST /v1/estimates: the cost of a request at each provider, and why a provider cannot run it. */
import { createRoute, z } from '@hono/zod-openapi'
import { costSchema } from '../../core/cost.ts'
import { providerNames } from '../../core/request/choices.ts'
import type { PostedRequest } from '../../core/request/request.ts'
import { budgetFault } from '../budget.ts'
import { type Candidate, isEligible } from '../jobs/candidates.ts'
import { estimatesOf, priceCandidates } from '../jobs/pricing.ts'
import { jobRequestSchema, notAccepted, requestFaults } from '../jobs/request.ts'
import { validateRequest } from '../jobs/validate.ts'
import { problem } from '../problems.ts'
import { bodyProblems, json, jsonBody, keyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'

const faultsSchema = z.array(z.object({ path: z.string(), message: z.string() }))

export const estimateSchema = z
  .object({
    provider: z.enum(providerNames),
    eligible: z.boolean().meta({ description: 'Whether a job created now could run there.' }),
    cost: costSchema.nullable().meta({ description: 'The cost of the whole job.' }),
    unpriced: z.string().nullable().meta({ description: 'Why an eligible provider has no cost.' }),
    reasons: faultsSchema.meta({ description: 'Every reason why it is not eligible.' }),
    warnings: faultsSchema.meta({ description: 'The fields that it would honour only in part.' }),
  })
  .openapi('Estimate')

const create = createRoute({
  operationId: 'createEstimate',
  tags: ['Estimates'],
  method: 'post',
  path: '/',
  summary: 'Estimate a job',
  description:
    'Takes the body of POST /v1/jobs. Creates no job, and spends and reserves nothing. With a monthly budget of the API key, no provider is eligible if the dearest that may make the job would pass it: that is what a job reserves.',
  request: { body: jsonBody(jobRequestSchema) },
  responses: {
    ...keyProblems,
    200: json(
      'One estimate for each provider that is considered, in the order of preference.',
      z.object({ data: z.array(estimateSchema) }),
    ),
    ...bodyProblems,
  },
})

export const estimateRoutes = createRouter()

estimateRoutes.openapi(
  create,
  async (c) => {
    const context = c.get('context')
    const request = c.req.valid('json')
    const caller = c.get('caller')
    const { faults, metadata } = await validateRequest(context, caller, { part: request })
    if (faults.length > 0) return problem(c, 'invalid_request', notAccepted, faults)
    const purpose = caller.monthlyBudgetMicros === null ? 'decision' : 'budget'
    const asked = { request, metadata, shard: 0 }
    const { candidates } = await priceCandidates(context, asked, purpose)
    const eligible = candidates.filter(isEligible)
    const chosen = { estimates: estimatesOf(eligible), request }
    const fault = eligible.length === 0 ? null : await budgetFault(context, caller, chosen)
    // Any of its providers may make the job, so a budget refuses the job and not only the dearest.
    const shown = candidates.map((one) =>
      fault !== null && isEligible(one) ? { ...one, reasons: [fault] } : one,
    )
    return c.json({ data: shown.map((candidate) => viewEstimate(candidate, request)) }, 200)
  },
  requestFaults,
)

export function viewEstimate(candidate: Candidate, request: PostedRequest): z.infer<typeof estimateSchema> {
  const { name, provider, reasons, cost } = candidate
  return {
    provider: name,
    eligible: isEligible(candidate),
    cost: cost?.ok ? cost.value : null,
    unpriced: cost?.ok === false ? cost.fault.message : null,
    reasons,
    warnings: provider?.warn(request) ?? [],
  }
}
