/**
 * Accepting a job: everything that can be wrong with it is found here, all of it at once, before anything is kept
 * or spent.
 */

import type { z } from '@hono/zod-openapi'
import type { Context } from '../context.ts'
import { newId } from '../core/id.ts'
import { formOf, mediaOf } from '../core/media.ts'
import type { JobRequest, ProviderName, requestSchema } from '../core/request.ts'
import { forbidden } from '../core/target.ts'
import { sealSecret } from '../deliveries/secrets.ts'
import type { Provider } from '../providers/provider.ts'
import { draftEvent } from '../store/events.ts'
import { insertJob, type Job } from '../store/jobs.ts'
import { assetFaults } from './asset-faults.ts'
import { adminKeyId } from './auth.ts'
import { type FieldFault, fieldFaults } from './problems.ts'

export type ParsedRequest = z.infer<typeof requestSchema>

export type Assessment =
  | { ok: true; providers: Provider[]; warnings: FieldFault[] }
  | { ok: false; code: 'invalid_request' | 'no_provider'; errors: FieldFault[] }

/** Who can make it, in order of preference, or every reason why nobody can. Reads the assets named, and no more. */
export async function assess(
  { db, config, providers }: Context,
  apiKeyId: string,
  request: ParsedRequest,
): Promise<Assessment> {
  const errors = await doorFaults({ db, config, providers }, apiKeyId, request)
  if (errors.length > 0) return { ok: false, code: 'invalid_request', errors }

  const candidates = wanted(request, config.providerOrder, providers).map((name) => {
    const provider = providers[name]
    const reasons =
      provider === undefined ? [{ path: '', message: 'has no API key here' }] : provider.refuse(request)
    return { name, provider, reasons }
  })
  const able = candidates.flatMap(({ provider, reasons }) =>
    provider && reasons.length === 0 ? [provider] : [],
  )
  const [first] = able
  if (first !== undefined) return { ok: true, providers: able, warnings: first.warn(request) }
  return {
    ok: false,
    code: 'no_provider',
    errors:
      candidates.length === 0
        ? [
            {
              path: 'provider',
              message: 'no provider has an API key here: set one, for example RUNWARE_API_KEY',
            },
          ]
        : candidates.flatMap(({ name, reasons }) =>
            reasons.map(({ path, message }) => ({
              path: path || 'provider',
              message: `${name}: ${message}`,
            })),
          ),
  }
}

/** What is wrong with well-formed fields here: URLs that lead nowhere allowed, no such asset, unknown options, no secret. */
export async function doorFaults(
  { db, config, providers }: Pick<Context, 'db' | 'config' | 'providers'>,
  apiKeyId: string,
  request: Partial<ParsedRequest>,
): Promise<FieldFault[]> {
  return [
    ...targetFaults(request, config.reach),
    ...(await assetFaults(db, request)),
    ...optionFaults(request, providers),
    ...secretFaults(request, apiKeyId),
  ]
}

/** Null: the idempotency key was taken a moment ago by another post. */
export async function acceptJob(
  context: Context,
  caller: { apiKeyId: string; idempotency: { key: string; hash: string } | null },
  parsed: ParsedRequest,
  assessment: Extract<Assessment, { ok: true }>,
): Promise<Job | null> {
  const { callback_secret, ...request } = parsed
  const nowMs = context.now()
  const { signingSecret } = context.config
  const job = await insertJob(
    context.db,
    {
      id: newId('job'),
      request: request satisfies JobRequest,
      providers: assessment.providers.map(({ name }) => name),
      warnings: assessment.warnings,
      apiKeyId: caller.apiKeyId,
      callbackSecret: callback_secret === undefined ? null : await sealSecret(signingSecret, callback_secret),
      idempotencyKey: caller.idempotency?.key ?? null,
      idempotencyHash: caller.idempotency?.hash ?? null,
      createdAt: nowMs,
    },
    draftEvent(
      'job.accepted',
      { model: request.model, providers: assessment.providers.map(({ name }) => name) },
      nowMs,
    ),
  )
  if (job === null) return null
  context.log('job.accepted', { job_id: job.id, provider: job.provider, model: job.model })
  await context.nudges.job(job.id, 0)
  return job
}

function wanted(
  request: ParsedRequest,
  order: ProviderName[],
  providers: Context['providers'],
): ProviderName[] {
  if (request.provider !== 'auto') return [...new Set([request.provider].flat())]
  const names = Object.values(providers).map(({ name }) => name)
  return [...order.filter((name) => names.includes(name)), ...names.filter((name) => !order.includes(name))]
}

function targetFaults(request: Partial<ParsedRequest>, reach: Context['config']['reach']): FieldFault[] {
  const urls = mediaOf(request).filter(({ value }) => formOf(value) === 'url')
  if (request.callback_url !== undefined) urls.push({ path: 'callback_url', value: request.callback_url })
  return urls.flatMap(({ path, value }) => {
    const message = forbidden(value, reach)
    return message === null ? [] : [{ path, message }]
  })
}

function optionFaults(request: Partial<ParsedRequest>, providers: Context['providers']): FieldFault[] {
  return Object.values(providers).flatMap(({ name, options }) => {
    const parsed = options.safeParse(request.provider_options?.[name] ?? {})
    return parsed.success ? [] : fieldFaults(parsed.error, `provider_options.${name}`)
  })
}

function secretFaults(request: Partial<ParsedRequest>, apiKeyId: string): FieldFault[] {
  const isUnsigned = request.callback_url !== undefined && request.callback_secret === undefined
  if (!isUnsigned || apiKeyId !== adminKeyId) return []
  return [
    { path: 'callback_secret', message: 'is needed with the admin key, which has no secret of its own' },
  ]
}
