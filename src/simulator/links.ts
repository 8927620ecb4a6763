/** Signed links that expire. The query belongs to the link: without it there is nothing to see. */

import type { SimulatedOutput, SimulatedTask } from './task.ts'
import type { World } from './world.ts'

const SECOND_MS = 1000
const HOUR_MS = 3600 * SECOND_MS
const DAY_MS = 24 * HOUR_MS

/** In the first status answer that carries a link under `link=expired`, the link is dead on arrival. */
export function linkInAnswer(world: World, task: SimulatedTask, output: SimulatedOutput): string {
  const stale = task.directives.link === 'expired' && world.count(`link ${output.outputId}`) === 1
  return makeLink(world, output, stale ? output.endsAt - 1 : linkExpiry(task, output))
}

export function linkInWebhook(world: World, task: SimulatedTask, output: SimulatedOutput): string {
  const stale = task.directives.link === 'expired'
  return makeLink(world, output, stale ? output.endsAt - 1 : linkExpiry(task, output))
}

export function isGenuineLink(output: SimulatedOutput, expires: string, signature: string): boolean {
  return signature === sign(output.outputId, expires)
}

function linkExpiry(task: SimulatedTask, output: SimulatedOutput): number {
  switch (task.provider) {
    case 'runware':
      // Without a ttl the retention is unknown; the vendor's own nodes default to 7 days.
      return output.endsAt + (task.request.ttl === undefined ? 7 * DAY_MS : task.request.ttl * SECOND_MS)
    case 'crun':
      // Not documented; the upstream's links live a day.
      return output.endsAt + DAY_MS
  }
}

function makeLink(world: World, output: SimulatedOutput, expiresAt: number): string {
  const expires = String(expiresAt)
  const query = new URLSearchParams({ expires, signature: sign(output.outputId, expires) })
  return `${world.edges.baseUrl}/media/${output.outputId}.mp4?${query}`
}

/** FNV-1a: enough to notice a changed link, and nothing here is secret. */
function sign(outputId: string, expires: string): string {
  let hash = 0x811c9dc5
  for (const character of `${outputId} ${expires}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  }
  return hash.toString(16)
}
