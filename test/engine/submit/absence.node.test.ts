import { describe, expect, it } from 'vitest'
import { absenceOf } from '../../../src/engine/submit/absence.ts'
import { newTask } from '../../../src/store/jobs/new-task.ts'
import type { Task } from '../../../src/store/jobs/tasks.ts'

const seconds = 1_000
const minutes = 60 * seconds
const intendedAt = Date.UTC(2026, 0, 1, 12)

function aTask({ attempts = 1, since }: { attempts?: number; since?: number } = {}): Task {
  const task = newTask({
    jobId: 'job_1',
    n: 0,
    provider: 'byteplus',
    clientReference: 'r',
    wanted: 1,
    intendedAt,
  })
  const unlistedSince = since === undefined ? {} : { unlistedSince: intendedAt + since }
  const fault = { code: 'submit_unknown' as const, message: '…', ...unlistedSince }
  return { ...task, status: 'unknown', attempts, unknownAt: intendedAt, fault }
}

const absenceAfter = (ms: number, task: Task) => absenceOf(task, null, intendedAt + ms)

describe('an unlisted submission', () => {
  it.each([
    ['a first look that is too early', 119 * seconds, undefined, undefined, 1 * seconds],
    ['the first look that counts', 120 * seconds, undefined, 120 * seconds, 120 * seconds],
    ['a second look that is too early', 239 * seconds, 120 * seconds, 120 * seconds, 1 * seconds],
    ['a first look that is late', 10 * minutes, undefined, 10 * minutes, 1 * minutes],
    ['two looks that are too close', 659 * seconds, 10 * minutes, 10 * minutes, 1 * seconds],
    ['a look before the call', 5 * minutes, -1, 5 * minutes, 1 * minutes],
    ['a look too soon after the call', 5 * minutes, 90 * seconds, 5 * minutes, 1 * minutes],
  ])('is not proven absent by %s', (_, at, before, since, lookInMs) => {
    expect(absenceAfter(at, aTask(before === undefined ? {} : { since: before }))).toEqual({
      state: 'possible',
      since: since === undefined ? undefined : intendedAt + since,
      lookInMs,
    })
  })

  it.each([
    [240 * seconds, 120 * seconds],
    [660 * seconds, 10 * minutes],
  ])('is proven absent by a look after %i ms, if one after %i ms agreed', (at, since) => {
    expect(absenceAfter(at, aTask({ since }))).toEqual({ state: 'proven' })
  })

  it('is never proven absent if no call was recorded, or after a restoration', () => {
    const possible = { state: 'possible', lookInMs: Number.POSITIVE_INFINITY }
    expect(absenceAfter(10 * minutes, aTask({ attempts: 0, since: 2 * minutes }))).toMatchObject(possible)
    const restored = { to: null, before: intendedAt, noticedAt: intendedAt }
    expect(absenceOf(aTask({ since: 2 * minutes }), restored, intendedAt + 10 * minutes)).toMatchObject(
      possible,
    )
  })
})
