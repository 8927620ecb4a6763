/** The form of a job that repeats an earlier one. No I/O. No clock. */

import type { Caller } from '../../core/access.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { mediaFields } from '../../core/request/media.ts'
import { withoutToken } from '../../core/url/without-tokens.ts'
import { cutUrlsNote, hasUrl, mayLackTokens } from '../cut-urls.ts'
import { newValues, setList, textIn, type Values } from './values.ts'

export interface Prefilled {
  values: Values
  /** For a person: the parts of the earlier job that the form lacks. */
  notes: string[]
}

/** `usable`: the ids of the assets that a new job can use. The form need not repeat the callback URL of the caller's key. */
export function prefill(job: JobView, usable: ReadonlySet<string>, caller: Caller): Prefilled {
  const { request, metadata } = job
  const isCut = mayLackTokens(caller, job)
  const ownCallback = isCut ? withoutToken(caller.callbackUrl ?? '') : caller.callbackUrl
  const isOwnCallback = request.callback_url === ownCallback
  const values = newValues(request.model)
  const texts = {
    prompt: request.prompt,
    provider: [request.provider].flat().join(),
    duration: request.duration,
    resolution: request.resolution,
    aspect_ratio: request.aspect_ratio,
    output_format: request.output_format ?? 'mp4',
    count: request.count,
    seed: request.seed,
    generate_audio: request.generate_audio ? 'on' : '',
    resubmit_unknown: request.resubmit_unknown ? 'on' : '',
    callback_url: isOwnCallback || isCut ? '' : request.callback_url,
    callback_format: request.callback_format,
    max_cost_usd: request.max_cost_usd,
    deadline_seconds: request.deadline_seconds,
    retention_days: request.retention_days,
    provider_options:
      Object.keys(request.provider_options).length === 0
        ? ''
        : JSON.stringify(request.provider_options, null, 2),
  }
  for (const [name, value] of Object.entries(texts))
    values.set(name, value === undefined ? '' : String(value))
  setList(values, 'callback_events', request.callback_events)
  const untyped: string[] =
    isCut && request.callback_url !== undefined && !isOwnCallback ? ['callback_url'] : []
  const lost = mediaFields.filter((field) => {
    const media = [request[field] ?? []].flat()
    const kept = media.filter((one) => !one.startsWith('asset_') || usable.has(one))
    const whole = kept.filter((one) => !isCut || !hasUrl(one))
    if (whole.length < kept.length) untyped.push(field)
    setList(values, field, whole)
    return kept.length < media.length
  })
  const pairs = Object.entries(metadata)
  const lines = pairs.filter(([name, value]) => !/[=\r\n]/.test(name) && !/[\r\n]/.test(value))
  values.set('metadata', lines.map(([name, value]) => `${name}=${value}`).join('\n'))
  const { callback_headers: headers = [] } = job
  const unsure = ['prompt', 'metadata', 'provider_options'].filter(
    (name) => isCut && hasUrl(textIn(values, name)),
  )
  return {
    values,
    notes: [
      ...(lost.length === 0
        ? []
        : [
            `Some of its files cannot be used again: they were deleted, or belong to that job alone. Add them again to ${lost.join(' and ')}.`,
          ]),
      ...(lines.length === pairs.length ? [] : ['Some of its metadata do not fit into one line each.']),
      ...(headers.length === 0
        ? []
        : [`The values of its callback headers are never shown. Type them again: ${headers.join(', ')}.`]),
      ...(untyped.length === 0
        ? []
        : [`${cutUrlsNote} The form leaves them out. Type them again: ${untyped.join(', ')}.`]),
      ...(unsure.length === 0 ? [] : [`${cutUrlsNote} Complete those in ${unsure.join(' and ')}.`]),
    ],
  }
}
