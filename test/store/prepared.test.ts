/** Prepared statements: the text of a statement is built once, and each use has its own values. */
import { env } from 'cloudflare:workers'
import { eq, getTableColumns } from 'drizzle-orm'
import { beforeEach, expect, it } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { prepared, value, valuesOf } from '../../src/store/prepared.ts'
import { tasks } from '../../src/store/schema.ts'
import { postWithoutWakeUp } from '../support/runtime.ts'

const db = openDatabase(env.DB)
const insertTask = prepared((database) =>
  database
    .insert(tasks)
    .values(valuesOf(getTableColumns(tasks)))
    .returning(),
)
const selectTask = prepared((database) =>
  database
    .select({ n: tasks.n, awaitsUpload: tasks.awaitsUpload, cost: tasks.cost })
    .from(tasks)
    .where(eq(tasks.jobId, value('jobId'))),
)
const changeTask = prepared((database) =>
  database
    .update(tasks)
    .set({ cost: value('cost') })
    .where(eq(tasks.jobId, value('jobId'))),
)

const empty = Object.fromEntries(Object.keys(getTableColumns(tasks)).map((name) => [name, null]))
const aTask = (jobId: string) => ({
  ...empty,
  jobId,
  n: 0,
  provider: 'runware',
  clientReference: crypto.randomUUID(),
  wanted: 1,
  status: 'deferred',
  attempts: 0,
  intendedAt: 1,
  awaitsUpload: true,
})

let ids: [string, string]

beforeEach(async () => {
  const [one, other] = [await postWithoutWakeUp(), await postWithoutWakeUp()]
  ids = [one.id, other.id]
})

it('each use has its own values, in one batch too', async () => {
  const [one, other] = ids
  const [[first], [second]] = await db.batch([
    insertTask(db, aTask(one)),
    insertTask(db, { ...aTask(other), awaitsUpload: false, cost: '{}' }),
  ])
  expect(first).toMatchObject({ jobId: one, awaitsUpload: true, cost: null })
  expect(second).toMatchObject({ jobId: other, awaitsUpload: false, cost: '{}' })
  const [selected, changed, selectedAgain] = await db.batch([
    selectTask(db, { jobId: one }),
    changeTask(db, { jobId: one, cost: 'new' }),
    selectTask(db, { jobId: one }),
  ])
  expect(selected).toEqual([{ n: 0, awaitsUpload: true, cost: null }])
  expect(changed.meta.changes).toBe(1)
  expect(selectedAgain).toEqual([{ n: 0, awaitsUpload: true, cost: 'new' }])
})

it('a statement can be awaited by itself', async () => {
  const [one] = ids
  expect(await insertTask(db, aTask(one))).toMatchObject([{ jobId: one, n: 0 }])
  expect(await selectTask(db, { jobId: one })).toEqual([{ n: 0, awaitsUpload: true, cost: null }])
  expect((await changeTask(db, { jobId: one, cost: 'new' })).meta.changes).toBe(1)
})

it('a value that is not given is an error, not a NULL', () => {
  expect(() => changeTask(db, { jobId: ids[0] })).toThrow('has no value for cost')
})
