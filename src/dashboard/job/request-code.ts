/** The request of a job as code that posts it again. It has no secret: the API key is a variable. No I/O. No clock. */
import { curlOfCall, typescriptOfCall } from '../../api/docs/calls.ts'
import type { JobView } from '../../core/job/view-schema.ts'

export function asCurl(baseUrl: string, request: JobView['request']): string {
  return curlOfCall(callOf(baseUrl, request))
}

export function asTypeScript(baseUrl: string, request: JobView['request']): string {
  return typescriptOfCall(callOf(baseUrl, request))
}

/** Without empty lists and objects, which are defaults. */
function callOf(baseUrl: string, { resubmit_unknown, ...request }: JobView['request']) {
  const given = Object.entries({ ...request, ...(resubmit_unknown && { resubmit_unknown }) }).filter(
    ([, value]) => typeof value !== 'object' || Object.keys(value).length > 0,
  )
  return {
    method: 'POST',
    url: `${baseUrl}/v1/jobs`,
    hasKey: true,
    headers: [['Content-Type', 'application/json']] satisfies [string, string][],
    body: { kind: 'json', value: Object.fromEntries(given) } as const,
    result: 'json',
  } as const
}
