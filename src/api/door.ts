/** The door: what is wrong with well-formed fields in this deployment, whoever is to make the video. */
import type { Context } from '../context.ts'
import { formOf, mediaOf } from '../core/media.ts'
import type { PostedRequest } from '../core/request.ts'
import { forbidden } from '../core/target.ts'
import { embeddedFaults } from '../media/embedded.ts'
import { assetFaults } from './asset-faults.ts'
import { adminKeyId } from './auth.ts'
import { type FieldFault, fieldFaults } from './problems.ts'

type Part = Partial<PostedRequest>

/**
 * URLs that lead nowhere allowed, media that are not there or not what they should be, unknown options, no secret: all
 * at once.
 */
export async function doorFaults(
  { db, config, providers }: Pick<Context, 'db' | 'config' | 'providers'>,
  apiKeyId: string,
  request: Part,
): Promise<FieldFault[]> {
  return [
    ...targetFaults(request, config.reach),
    ...(await assetFaults(db, request)),
    ...embeddedFaults(request),
    ...optionFaults(request, providers),
    ...secretFaults(request, apiKeyId),
  ]
}

function targetFaults(request: Part, reach: Context['config']['reach']): FieldFault[] {
  const urls = mediaOf(request).filter(({ value }) => formOf(value) === 'url')
  if (request.callback_url !== undefined) urls.push({ path: 'callback_url', value: request.callback_url })
  return urls.flatMap(({ path, value }) => {
    const message = forbidden(value, reach)
    return message === null ? [] : [{ path, message }]
  })
}

function optionFaults(request: Part, providers: Context['providers']): FieldFault[] {
  return Object.values(providers).flatMap(({ name, options }) => {
    const parsed = options.safeParse(request.provider_options?.[name] ?? {})
    return parsed.success ? [] : fieldFaults(parsed.error, `provider_options.${name}`)
  })
}

function secretFaults(request: Part, apiKeyId: string): FieldFault[] {
  const isUnsigned = request.callback_url !== undefined && request.callback_secret === undefined
  if (!isUnsigned || apiKeyId !== adminKeyId) return []
  return [
    { path: 'callback_secret', message: 'is needed with the admin key, which has no secret of its own' },
  ]
}
