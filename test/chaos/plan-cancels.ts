/** Which jobs are canceled by their callers, at which moment of their lives, and how often. No I/O. */
import type { ProviderName } from '../../src/core/request/choices.ts'
import type { Random } from './random.ts'

export interface PlannedCancel {
  /** A job that never comes to this moment is not canceled. */
  at: CancelMoment
  way: CancelWay
}

/**
 * accepted     right after the response to the POST: the submission follows at the same time
 * submitting   a submission is in the air: its response waits until the cancellation was answered
 * generating   a provider has every task: the clock waits
 * storing      a download has begun: its response waits
 * ending       the same, but nothing waits: the cancellation races with the end of the job
 * ended        the notification of the end is in the air: the cancellation is refused
 */
export const cancelMoments = ['accepted', 'submitting', 'generating', 'storing', 'ending', 'ended'] as const

export type CancelMoment = (typeof cancelMoments)[number]

/**
 * `twice`: two calls at the same time. `until_sure`: again whenever the Worker is idle, while the job shows a task that its
 * provider may cancel. The message that asks for it may be lost, and each further cancellation sends another.
 */
type CancelWay = 'once' | 'twice' | 'until_sure'

/** The others cancel no task. `test/providers/checklist.node.test.ts` compares this with their folders. */
export const cancelingProviders: readonly ProviderName[] = ['byteplus', 'fal']

const moments: CancelMoment[] = [...cancelMoments]
/** Mostly while the provider can cancel the task. */
const momentsOfCanceling: CancelMoment[] = [
  ...moments,
  'submitting',
  'generating',
  'submitting',
  'generating',
]

const isOneInFive = [true, false, false, false, false]
// The two providers take turns too, so each has both.
const isOneInTwo = [true, false, false, true]

const twiceShare = 0.3
const untilSureShare = 0.5

/** One for each job. All take turns, so that a short storm has most of it. */
export function planCancels(
  random: Random,
  jobs: readonly { provider: ProviderName }[],
): (PlannedCancel | null)[] {
  const others = { isCanceled: inTurns(isOneInFive, random), moment: inTurns(moments, random) }
  const canceling = { isCanceled: inTurns(isOneInTwo, random), moment: inTurns(momentsOfCanceling, random) }
  return jobs.map(({ provider }) => {
    const isCanceling = cancelingProviders.includes(provider)
    const { isCanceled, moment } = isCanceling ? canceling : others
    const isTwice = random.happens(twiceShare)
    const isUntilSure = random.happens(untilSureShare) && isCanceling
    if (!isCanceled.next().value) return null
    const at = moment.next().value
    if (isTwice) return { at, way: 'twice' }
    return { at, way: isUntilSure ? 'until_sure' : 'once' }
  })
}

/** Without an end, from one of them on. */
function* inTurns<T>(list: readonly T[], random: Random): Generator<T, never> {
  const first = random.below(list.length)
  yield* list.slice(first)
  for (;;) yield* list
}
