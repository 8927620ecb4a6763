/** Uploads at awkward moments: the job has one end, one bill, and no object in R2 that no row names. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { advance } from '../../src/engine/advance.ts'
import { aVideo } from '../media/a-copy.ts'
import { expectOneEnd } from '../support/expect-one-end.ts'
import { pauseStep } from '../support/hold-step.ts'
import { canceled } from '../support/job-calls.ts'
import { untilCheckEnds } from '../support/late.ts'
import {
  api,
  billsFor,
  getJob,
  passTimeUntil,
  untilJob,
  untilNotified,
  untilStatus,
  untilSubmitted,
} from '../support/reelhook.ts'
import { aContext, aGate, postWithoutWakeUp } from '../support/runtime.ts'
import { objectKeys } from '../support/storage.ts'
import {
  anAwaitingJob,
  directly,
  postDirect,
  putAt,
  receivedOf,
  storedVia,
  untilReceived,
  uploadPathOf,
} from '../support/uploads.ts'
import { bytesAtProvider, finish, sha256Of } from '../support/videos.ts'
import { world } from '../support/world.ts'

/** A video whose first half is sent at once, and the rest when the test allows it. */
function aSlowVideo(bytes: number) {
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  const begun = aGate()
  const gate = aGate()
  const send = async () => {
    const video = aVideo(bytes)
    await writer.write(video.subarray(0, bytes / 2))
    begun.open()
    await gate.wait
    await writer.write(video.subarray(bytes / 2))
    await writer.close()
  }
  // A reader that stops in the middle makes the writer fail, which is expected.
  send().catch(() => undefined)
  return { body: readable, begun: begun.wait, resume: gate.open }
}

describe('an upload and a cancellation', () => {
  it('refuse the upload if the cancellation comes during it, and leave nothing', async () => {
    const id = await anAwaitingJob()
    const { body, begun, resume } = aSlowVideo(1_000_000)
    const answer = putAt(await uploadPathOf(id), body)
    await begun
    await canceled(id)
    resume()
    expect((await answer).status).toBe(410)
    await expectOneEnd(id, 'canceled')
  })

  it('delete the uploaded video if the cancellation comes after it', async () => {
    const id = await anAwaitingJob()
    await putAt(await uploadPathOf(id), aVideo(1_000))
    expect(await objectKeys(`jobs/${id}/`)).toHaveLength(1)
    await canceled(id)
    await expectOneEnd(id, 'canceled')
  })

  it('refuse the upload if the cancellation comes before it', async () => {
    const id = await anAwaitingJob()
    await canceled(id)
    expect((await putAt(await uploadPathOf(id), aVideo(1_000))).status).toBe(410)
    await expectOneEnd(id, 'canceled')
  })
})

describe('an upload and a submission', () => {
  it('succeed with the video if it is uploaded before the response to the submission', async () => {
    const { id } = await postDirect('webhook=early')
    await untilStatus(id, 'succeeded')
    expect(receivedOf(id)).toEqual(['stored'])
    expect(await storedVia(id)).toEqual(['upload'])
    const [made = new Uint8Array()] = await bytesAtProvider(id)
    expect((await getJob(id)).outputs[0]?.sha256).toBe(await sha256Of(made))
    await expectOneEnd(id, 'succeeded')
  })

  it('succeed with the video if the response is lost, and nothing is bought again', async () => {
    const { id } = await postDirect('submit=lost-after, webhook=early+lost')
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(receivedOf(id)).toEqual(['stored'])
    expect(await storedVia(id)).toEqual(['upload'])
    await expectOneEnd(id, 'succeeded')
    expect(billsFor(id)).toHaveLength(1)
  })

  it('do not submit again if the provider does not know the task whose video it uploaded', async () => {
    const { id } = await postDirect('submit=lost-after, webhook=early+lost, poll=404*2')
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    const submits = world.logs.filter(
      ({ event, fields }) => event === 'task.submitted' && fields.job_id === id,
    )
    expect(submits).toHaveLength(1)
    await expectOneEnd(id, 'succeeded')
  })
})

describe('an upload and the end of its job', () => {
  it('refuse the upload if the job has settled with a downloaded video', async () => {
    const { id } = await postDirect('put=never')
    await finish(id)
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    const before = await objectKeys(`jobs/${id}/`)
    expect((await putAt(await uploadPathOf(id), aVideo(1_000))).status).toBe(410)
    expect(await objectKeys(`jobs/${id}/`)).toEqual(before)
    await expectOneEnd(id, 'succeeded')
  })

  it('delete the uploaded video if a download ends the job at the same time', async () => {
    const { id } = await postWithoutWakeUp({
      prompt: 'A paper boat sim(put=never, webhook=lost, megabytes=1)',
      ...directly,
    })
    await advance(aContext(), id)
    await world.advance(300_000)
    await advance(aContext(), id)
    await world.advance(60_000)
    const { resume } = await pauseStep(id, { call: '/media/', when: 'during' })
    expect((await putAt(await uploadPathOf(id), aVideo(1_000))).status).toBe(200)
    await resume()
    expect(await storedVia(id)).toEqual(['download'])
    const [made = new Uint8Array()] = await bytesAtProvider(id)
    expect((await getJob(id)).outputs[0]?.sha256).toBe(await sha256Of(made))
    await expectOneEnd(id, 'succeeded')
  })

  it('keep the upload for the late check if the deadline passes during it', async () => {
    const { id } = await postDirect('put=never, webhook=lost, seconds=7200', { deadline_seconds: 60 })
    await untilSubmitted(id)
    const { body, begun, resume } = aSlowVideo(1_000_000)
    const answer = putAt(await uploadPathOf(id), body)
    await begun
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    resume()
    expect((await answer).status).toBe(200)
    expect(receivedOf(id)).toEqual(['late'])
    await untilCheckEnds(id)
    await expectOneEnd(id, 'failed')
  })

  it('delete the uploaded video if the job fails', async () => {
    const { id } = await postDirect('fail=provider, webhook=lost')
    await untilSubmitted(id)
    await putAt(await uploadPathOf(id), aVideo(1_000))
    await world.advance(10_000)
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    await expectOneEnd(id, 'failed')
  })

  it('refuse the upload if the job is erased', async () => {
    const { id } = await postDirect('')
    await finish(id)
    await untilStatus(id, 'succeeded')
    await untilNotified(id)
    const path = await uploadPathOf(id)
    expect((await api(`/v1/jobs/${id}?force=true`, { method: 'DELETE' })).status).toBe(204)
    expect((await putAt(path, aVideo(1_000))).status).toBe(410)
    expect(await objectKeys(`jobs/${id}/`)).toEqual([])
  })
})

describe('an uploaded video that is missing', () => {
  it('in the bucket is downloaded', async () => {
    const { id } = await postDirect('webhook=lost, seconds=120, put=never, megabytes=1')
    await untilSubmitted(id)
    await putAt(await uploadPathOf(id), aVideo(1_000))
    await untilReceived(id)
    await env.BUCKET.delete(await objectKeys(`jobs/${id}/`))
    await world.advance(130_000)
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(await storedVia(id)).toEqual(['download'])
    await expectOneEnd(id, 'succeeded')
  })
})

describe('the tasks of one job', () => {
  it('may each get their video in another way: an upload or a download', async () => {
    const { id } = await postDirect('put=never, megabytes=1', { count: 2 })
    await untilJob(id, ({ tasks }) => tasks.length === 2)
    await untilSubmitted(id)
    const [, second = new Uint8Array()] = await bytesAtProvider(id)
    await putAt(await uploadPathOf(id, 1), second)
    await world.advance(10_000)
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect((await storedVia(id)).sort()).toEqual(['download', 'upload'])
    const made = await Promise.all((await bytesAtProvider(id)).map(sha256Of))
    expect(job.outputs.map(({ sha256 }) => sha256)).toEqual(made)
  })
})
