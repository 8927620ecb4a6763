/** The streaks of failed submissions in the database, and what they cost. */
import { beforeEach, describe, expect, it } from 'vitest'
import { maxRefusalGapMs, minRefusedJobs } from '../../../src/core/choice/refusals.ts'
import type { FaultCode } from '../../../src/core/fault-codes.ts'
import { readTriedLast } from '../../../src/store/choice/known.ts'
import { noteSubmissions } from '../../../src/store/choice/refusals.ts'
import { select, writeElsewhere } from '../../support/storage.ts'
import { db, start } from '../rows.ts'

/** Returns how many rows are written. */
async function note(jobId: string, fault: FaultCode | null, atMs = start): Promise<number> {
  const job = { id: jobId, model: 'seedance-2.0' } as const
  const [first, ...rest] = noteSubmissions(db, job, [{ provider: 'crun', fault }], atMs)
  if (first === undefined) return 0
  const results = await db.batch([first, ...rest])
  return results.reduce((sum, result) => sum + ('meta' in result ? result.meta.rows_written : 0), 0)
}

const streaks = async () =>
  (
    await select<{ name: string; started_at: number; due_at: number; counts: string }>(
      "SELECT * FROM reconciliations WHERE name LIKE 'refusals %' ORDER BY name",
    )
  ).map(({ name, started_at, due_at, counts }) => ({
    name,
    since: started_at - start,
    last: due_at - start,
    ...JSON.parse(counts),
  }))

beforeEach(() => writeElsewhere("DELETE FROM reconciliations WHERE name LIKE 'refusals %'"))

describe('a failed submission', () => {
  it('begins a streak, or continues it: one row written each time', async () => {
    expect(await note('job_1', 'unavailable')).toBe(1)
    expect(await note('job_2', 'maintenance', start + 5)).toBe(1)
    expect(await streaks()).toEqual([
      { name: 'refusals crun', since: 0, last: 5, fault: 'maintenance', jobs: ['job_1', 'job_2'] },
    ])
  })

  it('counts once for each job, however often its submission is repeated', async () => {
    for (let n = 0; n < 5; n += 1) await note('job_1', 'unavailable', start + n)
    expect(await streaks()).toMatchObject([{ last: 4, jobs: ['job_1'] }])
    expect(await readTriedLast([db], start + 4)).toEqual([])
  })

  it('counts jobs up to what a decision needs', async () => {
    for (let n = 0; n < 2 * minRefusedJobs; n += 1) await note(`job_${n}`, 'auth', start + n)
    const [streak] = await streaks()
    expect(streak?.jobs).toHaveLength(minRefusedJobs)
    expect(await readTriedLast([db], start + 10)).toMatchObject([
      { provider: 'crun', sinceMs: start, fault: 'auth' },
    ])
  })

  it('begins another streak after a long pause', async () => {
    await note('job_1', 'auth')
    await note('job_2', 'auth', start + maxRefusalGapMs + 1)
    expect(await streaks()).toMatchObject([{ since: maxRefusalGapMs + 1, jobs: ['job_2'] }])
  })

  it('begins another streak in place of a row that cannot be read', async () => {
    await note('job_1', 'auth')
    await writeElsewhere("UPDATE reconciliations SET counts = 'damaged' WHERE name = 'refusals crun'")
    expect(await readTriedLast([db], start)).toEqual([])
    await note('job_2', 'auth')
    expect(await streaks()).toMatchObject([{ jobs: ['job_2'] }])
  })

  it('without access to a model is about that model', async () => {
    for (let n = 0; n < minRefusedJobs; n += 1) await note(`job_${n}`, 'not_entitled')
    expect(await streaks()).toMatchObject([{ name: 'refusals crun seedance-2.0' }])
    expect(await readTriedLast([db], start)).toMatchObject([{ provider: 'crun', model: 'seedance-2.0' }])
  })

  it.each(['answer_lost', 'bad_request', 'moderated', 'rate_limited'] as const)(
    '(%s) may count for nothing',
    async (fault) => {
      expect(await note('job_1', fault)).toBe(0)
      expect(await streaks()).toEqual([])
    },
  )
})

describe('an accepted submission', () => {
  it('ends the streaks of its provider, also that of its model', async () => {
    await note('job_1', 'auth')
    await note('job_2', 'not_entitled')
    await note('job_3', null)
    expect(await streaks()).toEqual([])
  })

  it('writes nothing while there is no streak', async () => {
    expect(await note('job_1', null)).toBe(0)
  })
})
