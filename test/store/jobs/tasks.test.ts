import { describe, expect, it } from 'vitest'
import { recordLateTask } from '../../../src/store/jobs/late-task.ts'
import { isTaskTaken, saveTask, type Task, takenTaskIds } from '../../../src/store/jobs/tasks.ts'
import { select } from '../../support/storage.ts'
import { aTask, db, insertedJob, start, type TaskRow } from '../rows.ts'

async function jobWith(status: string, task: Partial<TaskRow> = {}): Promise<Task> {
  const { id } = await insertedJob()
  await select('UPDATE jobs SET status = ? WHERE id = ?', status, id)
  const written = aTask(id, task)
  await saveTask(db, written)
  return written
}

async function taskRow({ jobId, n }: Task) {
  const [row] = await select('SELECT * FROM tasks WHERE job_id = ? AND n = ?', jobId, n)
  return row
}

/** The same task after the provider accepted it. */
const submittedAs = ({ jobId, n, provider, clientReference }: Task, providerTaskId: string) =>
  aTask(jobId, { n, provider, clientReference, status: 'submitted', providerTaskId, submittedAt: start + 5 })

describe('the late result of a task', () => {
  it('is recorded for a job that was canceled during the call', async () => {
    const task = await jobWith('canceled')
    await recordLateTask(db, submittedAs(task, 'late-1'))
    expect(await taskRow(task)).toMatchObject({
      status: 'submitted',
      provider_task_id: 'late-1',
      submitted_at: start + 5,
    })
  })

  it.each(['queued', 'generating', 'failed', 'succeeded'])('is not recorded for a %s job', async (status) => {
    const task = await jobWith(status)
    await recordLateTask(db, submittedAs(task, `late-${status}`))
    expect(await taskRow(task)).toMatchObject({ status: 'intended', provider_task_id: null })
  })

  it.each(['succeeded', 'failed'] as const)('does not overwrite a task that has %s', async (status) => {
    const task = await jobWith('canceled', { status, providerTaskId: `done-${status}` })
    await recordLateTask(db, submittedAs(task, `late-${status}`))
    expect(await taskRow(task)).toMatchObject({ status, provider_task_id: `done-${status}` })
  })

  it('does not take the provider task of another job', async () => {
    await jobWith('generating', { status: 'submitted', providerTaskId: 'of-another' })
    const task = await jobWith('canceled')
    await recordLateTask(db, submittedAs(task, 'of-another'))
    expect(await taskRow(task)).toMatchObject({ status: 'intended', provider_task_id: null })
  })

  it('keeps the end that the cancellation wrote while the task may still run', async () => {
    const task = await jobWith('canceled', { status: 'unknown', endedAt: start + 1 })
    await recordLateTask(db, submittedAs(task, 'late-open'))
    expect(await taskRow(task)).toMatchObject({ status: 'submitted', ended_at: start + 1 })
  })
})

describe('a provider task', () => {
  it('belongs to one task of all jobs', async () => {
    await jobWith('generating', { status: 'submitted', providerTaskId: 'one' })
    const other = await jobWith('generating')
    const error = await Promise.resolve(saveTask(db, submittedAs(other, 'one'))).catch(
      (thrown: unknown) => thrown,
    )
    expect(isTaskTaken(error)).toBe(true)
  })

  it('may have the same id at another provider', async () => {
    await jobWith('generating', { status: 'submitted', providerTaskId: 'two' })
    const other = await jobWith('generating', {
      provider: 'crun',
      status: 'submitted',
      providerTaskId: 'two',
    })
    expect(await taskRow(other)).toMatchObject({ provider: 'crun', provider_task_id: 'two' })
  })

  it('is found among hundreds of ids in one look-up, at its provider only', async () => {
    await jobWith('generating', { status: 'submitted', providerTaskId: 'id-250' })
    const ids = Array.from({ length: 300 }, (_, n) => `id-${n}`)
    expect(await takenTaskIds({ databases: [db] }, 'runware', ids)).toEqual(new Set(['id-250']))
    expect(await takenTaskIds({ databases: [db] }, 'crun', ids)).toEqual(new Set())
  })
})
