/** Signed links that expire. The query belongs to the link: without it there is nothing to see. */

import { readPolicy, writePolicy } from './scenario/policy.ts'
import { sign } from './sign.ts'
import type { SimulatedOutput, SimulatedTask } from './task.ts'
import type { World } from './world.ts'

const SECOND_MS = 1000
const HOUR_MS = 3600 * SECOND_MS
const DAY_MS = 24 * HOUR_MS

/** In the first status answer that carries a link under `link=expired`, the link is dead on arrival. */
export function linkInAnswer(world: World, task: SimulatedTask, output: SimulatedOutput): string {
  const stale = task.directives.link === 'expired' && world.count(`link ${output.outputId}`) === 1
  return makeLink(world, task, output, stale ? output.endsAt - 1 : linkExpiry(world, task, output))
}

export function linkInWebhook(world: World, task: SimulatedTask, output: SimulatedOutput): string {
  const stale = task.directives.link === 'expired'
  return makeLink(world, task, output, stale ? output.endsAt - 1 : linkExpiry(world, task, output))
}

/** Until when the link serves; undefined where it is none of ours. */
export function expiryOf(output: SimulatedOutput, query: URLSearchParams): number | undefined {
  const policy = query.get('Policy')
  if (policy !== null) {
    return query.get('Signature') === sign(`${output.outputId} ${policy}`) ? readPolicy(policy) : undefined
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
      // "A short period", counted from each time the asset is asked for; how short is not documented.
      return world.edges.now() + HOUR_MS
    case 'crun':
    case 'aimlapi':
      // Not documented; the upstream's links live a day.
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

/** As CloudFront signs with a custom policy, which is what Scenario's links look like. */
function cdnQuery(address: string, output: SimulatedOutput, expiresAt: number): URLSearchParams {
  const policy = writePolicy(address, expiresAt)
  return new URLSearchParams({
    p: '100',
    Policy: policy,
    'Key-Pair-Id': 'KSIMULATED0001',
    Signature: sign(`${output.outputId} ${policy}`),
  })
}
