/** Shared by the providers whose tasks make one video each: all but Runware. */

import { type Directives, type ReadDirectives, readDirectives } from './directives.ts'
import { planSize } from './media.ts'
import { planFailure, planTimeline, type SimulatedOutput } from './task.ts'
import type { World } from './world.ts'

interface SinglePlan {
  directives: Directives
  outputs: readonly [SimulatedOutput]
  acceptedAt: number
  startedAt: number
  endsAt: number
  isMade: boolean
}

export function planSingle(world: World, outputId: string, directives: Directives): SinglePlan {
  const { acceptedAt, startedAt, endsAt } = planTimeline(world.edges, directives, 1)
  const sizeBytes = planSize(world.edges.picture, outputId, directives.megabytes)
  const failure = planFailure(directives, 0, 1)
  const output = { outputId, endsAt, sizeBytes, failure }
  return { directives, outputs: [output], acceptedAt, startedAt, endsAt, isMade: failure === undefined }
}

/**
 * For the providers without webhooks, Scenario and AI/ML API. A prompt may be sent to any provider, so its webhook
 * directives must be valid, and are then ignored.
 */
export function readSilentDirectives(prompt: string, reader: 'scenario' | 'aimlapi'): ReadDirectives {
  const read = readDirectives(prompt, reader)
  if (!read.ok) return read
  if (read.directives.fail === 'some') return { ok: false, message: 'fail=some is for Runware only' }
  return { ok: true, directives: { ...read.directives, webhook: undefined } }
}
