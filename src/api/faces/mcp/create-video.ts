/** estimate_video and create_video. Their arguments are the fields of a job, so a new field appears here by itself. */
import { z } from 'zod'
import type { JobView } from '../../../core/job/view-schema.ts'
import { requestFields } from '../../../core/request/request.ts'
import { estimateSchema } from '../../estimates/estimates.ts'
import type { Api } from '../../in-process.ts'
import { type FieldFault, fieldFaults } from '../../problems.ts'
import { jobResultSchema, replyWithJob } from './job-result.ts'
import { invalid } from './refusal.ts'
import { ask, defineTool } from './tool.ts'

// Secrets do not belong into the context of a model.
const { callback_secret: _secret, callback_headers: _headers, ...fields } = requestFields.shape

const idempotencyKey = z
  .string()
  // It is sent as a header.
  .regex(/^[!-~]{1,255}$/, 'must have 1 to 255 characters of ASCII, without spaces')
  .meta({
    description:
      'One for each video, chosen by you: an order number or a random id. Keep it. A call with the same key and arguments returns the same job and buys nothing; another key buys another video.',
  })

const required = z.object({
  max_cost_usd: fields.max_cost_usd.unwrap().meta({
    description:
      'The most that the job may cost, in US dollars. It is refused if the estimate of every provider is higher. estimate_video shows the estimates.',
  }),
  idempotency_key: idempotencyKey,
})

export const estimateVideo = defineTool(
  {
    name: 'estimate_video',
    title: 'Estimate a video',
    description:
      'What a video would cost at each provider, or every fault of the request. Takes the arguments of create_video without idempotency_key; max_cost_usd is optional. Creates nothing and spends nothing.',
    scope: 'any',
    annotations: { readOnlyHint: true, openWorldHint: true },
    input: z.strictObject(fields),
    output: z.object({ estimates: z.array(estimateSchema) }),
    hasBriefInput: true,
  },
  async (values, { api }) => {
    const hidden = hiddenFaults(values)
    if (hidden.length > 0) return invalid([...hidden, ...(await otherFaults(api, values))])
    const asked = await ask<{ data: Estimate[] }>(api, '/v1/estimates', { method: 'POST', body: values })
    if (!asked.ok) return asked
    const { data } = asked.body
    return { ok: true, text: data.map(estimateText).join('; '), structured: { estimates: data } }
  },
)

export const createVideo = defineTool(
  {
    name: 'create_video',
    title: 'Create a video',
    description:
      'Makes a video and spends money, at most max_cost_usd. Returns the job at once; then call wait_for_job. If the call fails or its result is lost, call again with the same idempotency_key and the same arguments: it is the same job, paid once.',
    scope: 'jobs:write',
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    input: z.strictObject({ ...fields, ...required.shape }),
    output: jobResultSchema.extend({
      replayed: z.boolean().meta({ description: 'true if an earlier call made this job.' }),
    }),
  },
  async (values, { api }) => {
    const { success, data, error } = required.safeParse(values)
    const hidden = hiddenFaults(values)
    const { idempotency_key: _key, ...body } = values
    if (!success || hidden.length > 0) {
      const own = success ? [] : fieldFaults(error)
      return invalid(withoutRepeats([...own, ...hidden, ...(await otherFaults(api, body))]))
    }
    const headers = { 'idempotency-key': data.idempotency_key }
    const asked = await ask<JobView>(api, '/v1/jobs', { method: 'POST', body, headers })
    if (!asked.ok) return asked
    const before = asked.isReplay ? 'This idempotency_key has this job already, nothing new was bought: ' : ''
    const reply = replyWithJob(asked.body, before)
    return { ...reply, structured: { ...reply.structured, replayed: asked.isReplay } }
  },
)

type Estimate = z.infer<typeof estimateSchema>

function estimateText({ provider, eligible, cost, unpriced, reasons }: Estimate): string {
  if (!eligible)
    return `${provider} cannot: ${reasons.map(({ path, message }) => `${path} ${message}`).join(', ')}`
  if (cost === null) return `${provider} has no price: ${unpriced ?? 'unknown'}`
  if (cost.amount_usd !== undefined) return `${provider}: $${cost.amount_usd}`
  return 'credits' in cost ? `${provider}: ${cost.credits} credits` : provider
}

function hiddenFaults(values: Record<string, unknown>): FieldFault[] {
  return ['callback_secret', 'callback_headers']
    .filter((path) => path in values)
    .map((path) => ({ path, message: 'cannot be given here: set it with the HTTP API' }))
}

/** All faults are named at once. An estimate finds those of the other arguments, and spends nothing. */
async function otherFaults(api: Api, body: Record<string, unknown>): Promise<FieldFault[]> {
  const asked = await ask(api, '/v1/estimates', { method: 'POST', body })
  return asked.ok ? [] : (asked.refusal.errors ?? [])
}

/** A field can be faulty for the tool and for the API: the tool's own words come first. */
function withoutRepeats(faults: FieldFault[]): FieldFault[] {
  return faults.filter(({ path }, at) => faults.findIndex((other) => other.path === path) === at)
}
