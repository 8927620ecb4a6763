/** The places in a job's life where something from outside may meet a step of its. */
import { advance } from '../../src/engine/advance.ts'
import { type HeldStep, hold, type Place } from './hold-step.ts'
import { aContext, postUnnudged } from './runtime.ts'
import { world } from './world.ts'

const minutes = 60_000

export interface HeldJob extends HeldStep {
  id: string
}

interface Scene {
  name: string
  /** Whether the provider has finished before the step begins. */
  stage: 'queued' | 'finished'
  /** Null: no step is under way. */
  place: Place | null
  /** Whether the provider has, or will have, the task, whatever comes from outside. */
  bills: 0 | 1
}

export const scenes: Scene[] = [
  { name: 'before its first step', stage: 'queued', place: null, bills: 0 },
  { name: 'while it is claimed', stage: 'queued', place: { commit: 1, when: 'after' }, bills: 0 },
  { name: 'before the ledger line', stage: 'queued', place: { commit: 2, when: 'before' }, bills: 0 },
  { name: 'behind the ledger line', stage: 'queued', place: { commit: 2, when: 'after' }, bills: 1 },
  { name: 'before the billable call', stage: 'queued', place: { call: '/v1', when: 'before' }, bills: 1 },
  { name: 'behind the billable call', stage: 'queued', place: { call: '/v1', when: 'after' }, bills: 1 },
  { name: 'before its answer is kept', stage: 'queued', place: { commit: 3, when: 'before' }, bills: 1 },
  { name: 'while it is made', stage: 'finished', place: null, bills: 1 },
  { name: 'before the question', stage: 'finished', place: { call: '/v1', when: 'before' }, bills: 1 },
  { name: 'behind the question', stage: 'finished', place: { call: '/v1', when: 'after' }, bills: 1 },
  { name: 'before the end is kept', stage: 'finished', place: { commit: 2, when: 'before' }, bills: 1 },
  { name: 'before the copy', stage: 'finished', place: { call: '/media/', when: 'before' }, bills: 1 },
  { name: 'when the copy begins', stage: 'finished', place: { call: '/media/', when: 'after' }, bills: 1 },
  {
    name: 'in the middle of the copy',
    stage: 'finished',
    place: { call: '/media/', when: 'amid' },
    bills: 1,
  },
  { name: 'before its settling', stage: 'finished', place: { commit: 3, when: 'before' }, bills: 1 },
]

/** A job of Runware's, with a step of its held at the place. */
export async function stage(
  scene: Pick<Scene, 'stage' | 'place'>,
  overrides: Record<string, unknown> = {},
): Promise<HeldJob> {
  const { id } = await postUnnudged({
    prompt: 'A paper boat sim(webhook=lost, megabytes=2)',
    ...overrides,
  })
  if (scene.stage === 'finished') await advance(aContext(), id)
  await world.advance(5 * minutes)
  if (scene.place === null) return { id, letGoOn: async () => undefined }
  return { id, ...(await hold(id, scene.place)) }
}
