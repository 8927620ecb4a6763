/** Signed links that expire. A link does not work without its query. */

import { expiryOfPolicy, writePolicy } from './scenario/policy.ts'
import { sign } from './sign.ts'
import type { SimulatedOutput, SimulatedTask } from './task.ts'
import type { World } from './world.ts'

const SECOND_MS = 1000
const HOUR_MS = 3600 * SECOND_MS
const DAY_MS = 24 * HOUR_MS

/** With `link=expired`, the link in the first status response has already expired. */
export function linkInResponse(world: World, task: SimulatedTask, output: SimulatedOutput): string {
  const isExpired = task.directives.link === 'expired' && world.count(`link ${output.outputId}`) === 1
  return makeLink(world, task, output, isExpired ? output.endsAt - 1 : linkExpiry(world, task, output))
}

export function linkInWebhook(world: World, task: SimulatedTask, output: SimulatedOutput): string {
  const isExpired = task.directives.link === 'expired'
  return makeLink(world, task, output, isExpired ? output.endsAt - 1 : linkExpiry(world, task, output))
}

/** When the link expires; undefined if its signature is wrong. */
export function expiryOf(output: SimulatedOutput, query: URLSearchParams): number | undefined {
  const policy = query.get('Policy')
  if (policy !== null) {
    return query.get('Signature') === sign(`${output.outputId} ${policy}`)
      ? expiryOfPolicy(policy)
      : undefined
  }
  const expires = query.get('expires') ?? ''
  return query.get('signature') === sign(`${output.outputId} ${expires}`) ? Number(expires) : undefined
}

function linkExpiry(world: World, task: SimulatedTask, output: SimulatedOutput): number {
  switch (task.provider) {
    case 'runware':
      // Without a ttl the retention is unknown; the vendor's own nodes default to 7 days.
      return output.endsAt + (task.request.ttl === undefined ? 7 * DAY_MS : task.request.ttl * SECOND_MS)
    case 'scenario':
      // "A short period" from each request for the asset; its length is not documented.
      return world.edges.now() + HOUR_MS
    default:
      // ByteDance's own links expire after a day. Resellers do not document theirs.
      return output.endsAt + DAY_MS
  }
}

function makeLink(world: World, task: SimulatedTask, output: SimulatedOutput, expiresAt: number): string {
  const address = `${world.edges.baseUrl}/media/${output.outputId}.mp4`
  const isOnCdn = task.provider === 'scenario'
  const query = isOnCdn ? cdnQuery(address, output, expiresAt) : plainQuery(output, expiresAt)
  return `${address}?${query}`
}

function plainQuery(output: SimulatedOutput, expiresAt: number): URLSearchParams {
  const expires = String(expiresAt)
  return new URLSearchParams({ expires, signature: sign(`${output.outputId} ${expires}`) })
}

/** A CloudFront signature with a custom policy, the form of Scenario's links. */
function cdnQuery(address: string, output: SimulatedOutput, expiresAt: number): URLSearchParams {
  const policy = writePolicy(address, expiresAt)
  return new URLSearchParams({
    p: '100',
    Policy: policy,
    'Key-Pair-Id': 'KSIMULATED0001',
    Signature: sign(`${output.outputId} ${policy}`),
  })
}
