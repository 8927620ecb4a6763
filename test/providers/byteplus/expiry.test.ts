/** The fingerprints in `execution_expires_after`. */
import { expect, it } from 'vitest'
import { taskReferenceOf } from '../../../src/core/id.ts'
import { defaultExpiry, expiryOf, hasVideos, isFingerprint } from '../../../src/providers/byteplus/expiry.ts'
import { aRequest, video } from '../a-submission.ts'

const jobs = Array.from({ length: 500 }, (_, n) => `job_01m8mmrt6sf25scg3n3zf${String(n).padStart(5, '0')}`)

it.each([
  [60, 3_600],
  [3_607, 3_607],
  [86_400, 86_400],
])('are allowed values that no rounding makes, for a deadline of %i seconds', (deadline_seconds, least) => {
  for (const reference_videos of [[], [video]]) {
    const request = aRequest({ deadline_seconds, reference_videos })
    const values = jobs.map((id) => expiryOf(taskReferenceOf(id, 0), request))
    expect(Math.min(...values)).toBeGreaterThanOrEqual(least)
    expect(Math.max(...values)).toBeLessThan(defaultExpiry)
    expect(values.filter((value) => !isFingerprint(value))).toEqual([])
    expect(new Set(values.map(hasVideos))).toEqual(new Set([reference_videos.length > 0]))
  }
})

it('differ between the tasks of one job', () => {
  for (const id of jobs) {
    const values = [0, 1, 2, 3].map((n) => expiryOf(taskReferenceOf(id, n), aRequest()))
    expect(new Set(values).size, id).toBe(4)
  }
})
