import { describe, expect, it } from 'vitest'
import { jobViewSchema } from '../../../src/core/job/view-schema.ts'
import { deliveriesOf } from '../../support/deliveries.ts'
import { cancel, canceled } from '../../support/job-calls.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, getJob, postJob, untilSubmitted } from '../../support/reelhook.ts'
import { failVideo, makeVideo } from '../../support/videos.ts'

describe('a cancellation', () => {
  it('returns the job and whether it may still be billed', async () => {
    const { id } = await postJob()
    await untilSubmitted(id)
    const job = await canceled(id)
    expect(jobViewSchema.parse(job)).toEqual(job)
    expect(job).toMatchObject({
      id,
      status: 'canceled',
      fault: null,
      settled_at: expect.any(String),
      cancellation: {
        may_still_be_billed: true,
        message: 'runware has the task: it may be made and billed.',
      },
      tasks: [{ status: 'submitted', provider_task_id: expect.any(String), ended_at: expect.any(String) }],
    })
    expect(await getJob(id)).toEqual(job)
  })

  it('returns the same response when it is repeated', async () => {
    const { id } = await postJob()
    const first = await canceled(id)
    expect(await canceled(id)).toEqual(first)
  })

  it('sends no event to a caller without a subscription to it', async () => {
    const { id } = await postJob({ callback_events: ['job.succeeded'] })
    await canceled(id)
    expect(await deliveriesOf(id)).toEqual([])
  })

  it('is null in a job that was not canceled', async () => {
    expect((await postJob()).cancellation).toBeNull()
  })
})

describe('a cancellation is refused', () => {
  it('for a job that has ended, with its end', async () => {
    const [made, failed] = [await makeVideo(), await failVideo()]
    const { detail } = await expectProblem(await cancel(made.id), 409, 'already_settled')
    expect(detail).toBe(`The job succeeded at ${made.settled_at}.`)
    const refusal = await expectProblem(await cancel(failed.id), 409, 'already_settled')
    expect(refusal.detail).toBe(`The job failed at ${failed.settled_at}: ${failed.fault?.message}`)
    expect([await getJob(made.id), await getJob(failed.id)]).toMatchObject([
      { status: 'succeeded', outputs: [{ status: 'stored' }] },
      { status: 'failed' },
    ])
  })

  it.each(['job_00000000000000000000000000', 'nonsense', '%00'])('for the unknown job %s', async (id) => {
    await expectProblem(await cancel(encodeURIComponent(id)), 404, 'not_found')
  })

  it('without a key', async () => {
    const { id } = await postJob()
    const response = await api(`/v1/jobs/${id}/cancel`, { method: 'POST', headers: { authorization: '' } })
    await expectProblem(response, 401, 'unauthorized')
    expect((await getJob(id)).settled_at).toBeNull()
  })
})
