/** A job as the call of the API that posts it, for the code that a person copies. No I/O. No clock. */
import type { curlOfCall } from '../api/docs/calls.ts'
import type { JobView } from '../core/job/view-schema.ts'

export function jobCall(
  baseUrl: string,
  body: Record<string, unknown>,
  headers: [string, string][] = [],
): Parameters<typeof curlOfCall>[0] {
  return {
    method: 'POST',
    url: `${baseUrl}/v1/jobs`,
    hasKey: true,
    headers: [['Content-Type', 'application/json'], ...headers],
    body: { kind: 'json', value: body },
    result: 'json',
  }
}

/** The body of a job that was posted, without empty lists and objects, which are defaults. */
export function bodyOf({ resubmit_unknown, ...request }: JobView['request']): Record<string, unknown> {
  const given = Object.entries({ ...request, ...(resubmit_unknown && { resubmit_unknown }) }).filter(
    ([, value]) => typeof value !== 'object' || Object.keys(value).length > 0,
  )
  return Object.fromEntries(given)
}
