/** Jobs that failed at their deadline, and what their providers bring afterwards. */
import { expect, vi } from 'vitest'
import type { JobView } from '../../src/core/job/view-schema.ts'
import { passTimeUntil, postJob, sweep, untilJob, untilSubmitted } from './reelhook.ts'
import { objectKeys, select } from './storage.ts'
import { bytesOf, sha256Of } from './videos.ts'
import { world } from './world.ts'

/** Its video is made ten minutes after the submission, and its deadline is after one. */
const lateEvents = { callback_events: ['job.failed', 'output.late'] }

export async function aJobOutOfTime(
  provider: string,
  directives = '',
  overrides: Record<string, unknown> = {},
): Promise<string> {
  const pace = directives.includes('seconds=') ? '' : 'seconds=600'
  const prompt = `A paper boat sim(${[pace, directives].filter(Boolean).join(', ')})`
  const { id } = await postJob({ provider, prompt, deadline_seconds: 60, ...lateEvents, ...overrides })
  await untilSubmitted(id)
  await untilFailed(id)
  return id
}

async function untilFailed(id: string): Promise<JobView> {
  const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
  expect(job.fault?.code).toBe('deadline_exceeded')
  expect(await openChecks(id)).toHaveLength(1)
  return job
}

export function openChecks(id: string) {
  return select('SELECT * FROM late_checks WHERE job_id = ?', id)
}

export async function untilChecked(id: string, outputs = 1): Promise<JobView> {
  const job = await untilJob(
    id,
    (seen) =>
      seen.outputs.filter(({ status, width }) => status === 'stored' && width !== null).length === outputs,
  )
  await expect.poll(() => openChecks(id)).toEqual([])
  return job
}

/** The job stays failed, its videos are those of the provider, and R2 has nothing else. */
export async function expectLateOutputs(id: string, job: JobView): Promise<void> {
  expect([job.status, job.fault?.code]).toEqual(['failed', 'deadline_exceeded'])
  const taskIds = job.tasks.map(({ provider_task_id }) => provider_task_id)
  const made = await Promise.all(
    world.simulator
      .tasks()
      .filter(({ taskId }) => taskIds.includes(taskId))
      .flatMap(({ outputs }) => outputs)
      .map(async ({ outputId }) =>
        sha256Of(await bytesOf(world.simulator.mediaOf(outputId)?.stream() ?? null)),
      ),
  )
  expect(job.outputs.map(({ sha256 }) => sha256).toSorted()).toEqual(made.toSorted())
  expect(job.outputs.every(({ late, url }) => late && url !== null)).toBe(true)
  expect(job.outputs.map(({ n }) => n)).toEqual(made.map((_, n) => n))
  await expect
    .poll(() => objectKeys(`jobs/${id}/`))
    .toEqual(job.outputs.map(({ n }) => `jobs/${id}/${n}.mp4`))
}

/** Passes the hours in which late results are awaited. */
export async function untilCheckEnds(id: string): Promise<void> {
  for (let hours = 0; (await openChecks(id)).length > 0; hours++) {
    expect(hours).toBeLessThan(30)
    await world.advance(60 * 60_000)
    await sweep()
    // The message of the sweep has been consumed when the check is over, or due later.
    await vi.waitUntil(
      async () =>
        (await openChecks(id)).every(
          ({ lease, due_at }) => lease === null && Number(due_at) > world.edges.now(),
        ),
      { timeout: 60_000, interval: 20 },
    )
  }
}
