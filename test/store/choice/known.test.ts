/** What an isolate knows of the providers, with several databases. */
import { env } from 'cloudflare:workers'
import { beforeEach, expect, it } from 'vitest'
import { minRefusedJobs } from '../../../src/core/choice/refusals.ts'
import { type ChoiceMemory, knownAt, readTriedLast, rememberedMs } from '../../../src/store/choice/known.ts'
import { noteSubmissions, type Submission } from '../../../src/store/choice/refusals.ts'
import { type Database, openDatabase } from '../../../src/store/database.ts'
import { emptyShards } from '../../support/shards.ts'
import { db, start } from '../rows.ts'

const other = openDatabase(env.SHARD_1)
const databases = [db, other]

async function note(database: Database, submission: Submission, jobs = 1, atMs = start) {
  for (let n = 0; n < jobs; n += 1) {
    const [first, ...rest] = noteSubmissions(
      database,
      { id: `job_${n}`, model: 'seedance-2.0' },
      [submission],
      atMs,
    )
    if (first !== undefined) await database.batch([first, ...rest])
  }
}

function anIsolate() {
  const choiceMemory: ChoiceMemory = new Map()
  return async (shard: number, atMs = start) => {
    const { triedLast } = await knownAt({ databases, choiceMemory, now: () => atMs }, shard)
    return triedLast.map(({ provider }) => provider)
  }
}

beforeEach(emptyShards)

it('each database counts its own jobs, and the reports show all', async () => {
  await note(other, { provider: 'crun', fault: 'auth' }, minRefusedJobs)
  await note(db, { provider: 'crun', fault: 'auth' }, minRefusedJobs - 1)
  const known = anIsolate()
  expect([await known(0), await known(1)]).toEqual([[], ['crun']])
  expect(await readTriedLast(databases, start)).toMatchObject([{ provider: 'crun' }])
  await note(other, { provider: 'crun', fault: null })
  expect(await readTriedLast(databases, start)).toEqual([])
})

it('an isolate notices a change after some seconds', async () => {
  const known = anIsolate()
  expect(await known(0)).toEqual([])
  await note(db, { provider: 'crun', fault: 'auth' }, minRefusedJobs)
  expect(await known(0, start + rememberedMs - 1)).toEqual([])
  expect(await known(0, start + rememberedMs)).toEqual(['crun'])
})
