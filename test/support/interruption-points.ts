/** The points in a job's life at which an event from outside can interrupt a step. */
import { advance } from '../../src/engine/advance.ts'
import { raiseMarks } from '../../src/engine/high-water-mark.ts'
import { type PausedStep, type PausePoint, pauseStep } from './hold-step.ts'
import { aContext, postWithoutWakeUp } from './runtime.ts'
import { world } from './world.ts'

const minutes = 60_000

export interface InterruptedJob extends PausedStep {
  id: string
}

interface Scene {
  name: string
  /** Whether the provider has finished before the step starts. */
  stage: 'queued' | 'finished'
  /** Null: no step is running. */
  place: PausePoint | null
  /** How many tasks the provider accepts, whatever the event. */
  bills: 0 | 1
}

export const interruptionPoints: Scene[] = [
  { name: 'before its first step', stage: 'queued', place: null, bills: 0 },
  { name: 'while it is claimed', stage: 'queued', place: { commit: 1, when: 'after' }, bills: 0 },
  { name: 'before the task is written', stage: 'queued', place: { commit: 2, when: 'before' }, bills: 0 },
  { name: 'after the task is written', stage: 'queued', place: { commit: 2, when: 'after' }, bills: 1 },
  { name: 'before the billable call', stage: 'queued', place: { call: '/v1', when: 'before' }, bills: 1 },
  { name: 'after the billable call', stage: 'queued', place: { call: '/v1', when: 'after' }, bills: 1 },
  { name: 'before the response is saved', stage: 'queued', place: { commit: 3, when: 'before' }, bills: 1 },
  { name: 'while the video is generated', stage: 'finished', place: null, bills: 1 },
  { name: 'before the poll', stage: 'finished', place: { call: '/v1', when: 'before' }, bills: 1 },
  { name: 'after the poll', stage: 'finished', place: { call: '/v1', when: 'after' }, bills: 1 },
  { name: 'before the copy', stage: 'finished', place: { call: '/media/', when: 'before' }, bills: 1 },
  { name: 'when the copy starts', stage: 'finished', place: { call: '/media/', when: 'after' }, bills: 1 },
  {
    name: 'during the copy',
    stage: 'finished',
    place: { call: '/media/', when: 'during' },
    bills: 1,
  },
  { name: 'before the end is saved', stage: 'finished', place: { commit: 2, when: 'before' }, bills: 1 },
]

/** Posts a job to Runware and pauses its step at the point. */
export async function interruptedJob(
  scene: Pick<Scene, 'stage' | 'place'>,
  overrides: Record<string, unknown> = {},
): Promise<InterruptedJob> {
  const { id } = await postWithoutWakeUp({
    prompt: 'A paper boat sim(webhook=lost, megabytes=2)',
    ...overrides,
  })
  // As the cron does each minute: a step that buys would do it otherwise, with one more commit.
  await raiseMarks(aContext())
  if (scene.stage === 'finished') await advance(aContext(), id)
  await world.advance(5 * minutes)
  await raiseMarks(aContext())
  if (scene.place === null) return { id, resume: async () => undefined }
  return { id, ...(await pauseStep(id, scene.place)) }
}
