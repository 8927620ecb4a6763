/** The reads of lists, streams and timelines leave out what the providers answered. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { saveTask } from '../../src/store/jobs/tasks.ts'
import { answerRowsOf } from '../../src/store/reports/answers.ts'
import { tasksOfAll } from '../../src/store/reports/shown-tasks.ts'
import { timelineRowsOf } from '../../src/store/reports/timeline.ts'
import { readChanged } from '../../src/store/reports/watch-events.ts'
import { emulateDatabase } from '../support/platform/database.ts'
import { aTask, db, insertedJob, start } from './rows.ts'

const answer = { at: start, httpStatus: 200, body: '{"id":1}', isTruncated: false }

it.each([
  ['a page of jobs', async (id: string) => (await tasksOfAll(watched, [id])).get(id)],
  ['the streams', async (id: string) => (await readChanged(watched, [id]))[0]?.tasks],
  ['a timeline', async (id: string) => (await timelineRowsOf(watched, id))?.tasks],
])('the answers are not read for %s', async (_, read) => {
  const { id } = await insertedJob()
  await saveTask(db, aTask(id, { answers: JSON.stringify({ submission: answer }) }))
  statements.length = 0
  const tasks = await read(id)
  expect(tasks).toMatchObject([{ jobId: id, answers: { submission: null, status: null } }])
  const reads = statements.filter((sql) => sql.includes('from "tasks"'))
  expect(reads).toHaveLength(1)
  expect(reads.join()).not.toContain('"answers"')
  expect((await answerRowsOf(db, id))?.tasks).toMatchObject([{ answers: { submission: answer } }])
})

const statements: string[] = []
const { binding, loseAnswers } = emulateDatabase(env.DB)
loseAnswers((sql) => {
  statements.push(...sql)
  return false
})
const watched = openDatabase(binding)
