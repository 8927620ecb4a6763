/** The jobs of a run, planned from its seed: those of the storm, with shorter waits, between jobs without any fault. */
import { type Places, type PlannedJob, planJobs } from '../chaos/plan-jobs.ts'
import { seededRandom } from '../chaos/random.ts'
import { acceptsFinally } from '../chaos/world/callers.ts'
import type { Plan } from './plan.ts'

type ClientKind = 'read' | 'repeat' | 'wait' | 'stream' | 'cancel' | 'retry' | 'erase' | 'give_up'

export interface PlannedPost extends PlannedJob {
  client: ClientKind
  /** It meets no fault, so its times are compared. */
  isClean: boolean
}

const cleanShare = 0.6
// For what comes a little faster than planned.
const spareShare = 1.2

const clients: { client: ClientKind; chance: number }[] = [
  { client: 'repeat', chance: 0.15 },
  { client: 'wait', chance: 0.12 },
  { client: 'stream', chance: 0.12 },
  { client: 'cancel', chance: 0.06 },
  { client: 'retry', chance: 0.05 },
  { client: 'erase', chance: 0.1 },
]

export function planPosts(
  { seed, loadMs, jobsPerMinute, deadlineSeconds }: Plan,
  places: Places,
): PlannedPost[] {
  const count = Math.ceil((loadMs / 60_000) * jobsPerMinute * spareShare)
  const random = seededRandom(seed)
  return planJobs(seed, count, places).map((job): PlannedPost => {
    const isClean = random.happens(cleanShare)
    const drawn = random.rowOf(clients)?.client ?? 'read'
    const behavior = soonerBehavior(isClean ? 'accept' : job.behavior)
    // Its delivery would be repeated for days.
    const isRefused = behavior !== null && !acceptsFinally(behavior)
    const client = isRefused ? 'give_up' : drawn
    const prompt = soonerCopies(String(job.request.prompt))
    const whole = { ...job.request, prompt, deadline_seconds: deadlineSeconds }
    return {
      ...job,
      behavior,
      client,
      isClean: isClean && client !== 'cancel' && client !== 'retry',
      request: isClean || client === 'retry' ? withoutFaults(job, whole, client, places) : whole,
    }
  })
}

/** The later attempts of a delivery are hours apart. */
function soonerBehavior(behavior: PlannedJob['behavior']): PlannedJob['behavior'] {
  if (behavior === 'fail_four_times') return 'fail_once'
  if (behavior === 'busy_twice') return 'busy_once'
  return behavior === 'gone' ? 'redirect' : behavior
}

/** A video that is never whole is copied again for an hour. Here its first copy alone is wrong. */
function soonerCopies(prompt: string): string {
  return prompt.replace(/body=(endless|sound|image)/, '$&*1')
}

function withoutFaults(
  { index }: PlannedJob,
  { model, provider, duration, resolution, deadline_seconds, metadata }: Record<string, unknown>,
  client: ClientKind,
  { hookOf, callbackSecret }: Places,
): Record<string, unknown> {
  const prompt = `Paper boat ${index} sails.`
  return {
    model,
    provider,
    duration,
    resolution,
    deadline_seconds,
    metadata,
    prompt: client === 'retry' ? `${prompt} sim(fail=provider)` : prompt,
    callback_url: hookOf(index),
    callback_secret: callbackSecret,
  }
}
