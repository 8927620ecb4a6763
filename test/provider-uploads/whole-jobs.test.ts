/** Whole jobs at a provider that uploads its videos, well and badly: the video is stored once, by one road or the other. */
import { describe, expect, it } from 'vitest'
import { expectOneEnd } from '../support/expect-one-end.ts'
import {
  api,
  billsFor,
  getJob,
  passTimeUntil,
  postJob,
  timelineOf,
  untilJob,
  untilStatus,
  untilSubmitted,
} from '../support/reelhook.ts'
import { objectKeys } from '../support/storage.ts'
import { postDirect, receivedOf, storedVia } from '../support/uploads.ts'
import { bytesAtProvider, bytesOf, finish, sha256Of } from '../support/videos.ts'
import { world } from '../support/world.ts'

/** How often the media host of the job's tasks was asked: once to compare an upload with, or to download. */
function questionsOf(id: string): number {
  const taskIds = billsFor(id).map(({ taskId }) => taskId)
  const lines = world.simulator.log().filter(({ taskId }) => taskIds.includes(taskId ?? ''))
  return lines.filter(({ what }) => what === 'media.served' || what === 'media.refused').length
}

/** The stored videos are those that the provider made, and nothing else of the job is in R2. */
async function expectStored(id: string): Promise<void> {
  const job = await getJob(id)
  expect(job.status, JSON.stringify(job.fault)).toBe('succeeded')
  const made = await Promise.all((await bytesAtProvider(id)).map(sha256Of))
  expect(job.outputs.map(({ sha256 }) => sha256)).toEqual(made)
  for (const { n, bytes, sha256 } of job.outputs) {
    const stored = await bytesOf((await api(`/v1/jobs/${id}/outputs/${n}`)).body)
    expect(stored.length).toBe(bytes)
    expect(await sha256Of(stored)).toBe(sha256)
  }
  await expect.poll(() => objectKeys(`jobs/${id}/`)).toHaveLength(made.length)
}

describe('a video that its provider uploads', () => {
  it.each(['megabytes=1', 'megabytes=11', 'put=chunked', 'put=chunked, megabytes=11', 'link=none'])(
    'is stored as it was made, and compared with what the status names: %s',
    async (directives) => {
      const { id } = await postDirect(directives)
      await finish(id)
      await untilStatus(id, 'succeeded')
      await expectStored(id)
      expect(receivedOf(id)).toEqual(['stored'])
      expect(await storedVia(id)).toEqual(['upload'])
      expect(questionsOf(id)).toBe(directives === 'link=none' ? 0 : 1)
      expect(billsFor(id)).toHaveLength(1)
      await expectOneEnd(id, 'succeeded')
    },
  )

  it('is described by its own header, as every other', async () => {
    const { id } = await postDirect('megabytes=1')
    await finish(id)
    const { outputs } = await untilStatus(id, 'succeeded')
    expect(outputs).toMatchObject([{ width: expect.any(Number), video_codec: 'avc', has_audio: true }])
  })

  it('is saved under the same name as every other', async () => {
    const { id } = await postDirect('')
    await finish(id)
    await untilStatus(id, 'succeeded')
    const { headers } = await api(`/v1/jobs/${id}/outputs/0`)
    expect(headers.get('content-disposition')).toBe(`inline; filename="${id}-0.mp4"`)
  })

  it('is the only one of its task: several are several tasks', async () => {
    const { id } = await postDirect('', { count: 3 })
    await finish(id)
    await untilStatus(id, 'succeeded')
    await expectStored(id)
    expect(billsFor(id)).toHaveLength(3)
    expect(await storedVia(id)).toEqual(['upload', 'upload', 'upload'])
    expect(questionsOf(id)).toBe(3)
  })

  it('is stored once, though it comes twice', async () => {
    const { id } = await postDirect('put=twice, webhook=lost, megabytes=1')
    await finish(id)
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    await expectStored(id)
    expect(receivedOf(id)).toEqual(['stored', 'repeated'])
    expect(await storedVia(id)).toEqual(['upload'])
  })

  it('is stored though its webhook is lost: that it came makes its provider be asked', async () => {
    const { id } = await postDirect('webhook=lost')
    await finish(id)
    await untilStatus(id, 'succeeded')
    expect(await timelineOf(id)).not.toContain('webhook.received')
  })

  it('is asked after within seconds, where the status lags behind it', async () => {
    const { id } = await postDirect('webhook=announced+lost')
    await finish(id)
    await untilStatus(id, 'succeeded')
    expect(await storedVia(id)).toEqual(['upload'])
  })

  it.each([
    ['webhook', 'put=late, link=none'],
    ['upload', 'webhook=lost'],
  ])('counts as told by the %s, where that comes first', async (completedVia, directives) => {
    const { id } = await postDirect(directives)
    await untilSubmitted(id)
    await world.advance(6_000)
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'succeeded')
    await world.advance(10_000)
    expect((await untilStatus(id, 'succeeded')).tasks).toMatchObject([{ completed_via: completedVia }])
  })

  it.each(['odd', '404', '500'])(
    'is had though the provider never says that it is finished: %s',
    async (poll) => {
      const { id } = await postDirect(`poll=${poll}, webhook=lost`)
      await finish(id)
      await expect.poll(() => receivedOf(id)).toEqual(['stored'])
      await passTimeUntil(id, ({ status }) => status === 'succeeded')
      await expectStored(id)
      expect(await storedVia(id)).toEqual(['upload'])
      expect(billsFor(id)).toHaveLength(1)
      await expectOneEnd(id, 'succeeded')
    },
  )

  it('that fails is no output', async () => {
    const { id } = await postDirect('fail=provider')
    await finish(id)
    expect(await untilStatus(id, 'failed')).toMatchObject({
      outputs: [],
      fault: { code: 'generation_failed' },
    })
    expect(receivedOf(id)).toEqual([])
    expect(await objectKeys(`jobs/${id}/`)).toEqual([])
  })
})

describe('a video whose upload comes to nothing', () => {
  it.each([
    ['never', []],
    ['truncated', ['media_truncated']],
    ['html', ['media_wrong_type']],
    ['picture', ['media_wrong_type']],
  ])('(put=%s) is downloaded when it has been waited for', async (put, received) => {
    const { id } = await postDirect(`put=${put}, megabytes=1`)
    await finish(id)
    const { outputs } = await untilStatus(id, 'storing')
    expect(outputs).toMatchObject([{ status: 'waiting' }])
    expect(receivedOf(id)).toEqual(received)
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    await expectStored(id)
    expect(await storedVia(id)).toEqual(['download'])
    expect(questionsOf(id)).toBe(1)
    expect(billsFor(id)).toHaveLength(1)
    await expectOneEnd(id, 'succeeded')
  })

  it('is not downloaded while it may still come, and stored when it does', async () => {
    const { id } = await postDirect('put=late')
    await untilSubmitted(id)
    await world.advance(6_000)
    await untilStatus(id, 'storing')
    await world.advance(10_000)
    await untilStatus(id, 'succeeded')
    await expectStored(id)
    expect(await storedVia(id)).toEqual(['upload'])
    expect(questionsOf(id)).toBe(1)
  })

  it('is downloaded where it would come too late; what comes then is refused', async () => {
    const { id } = await postDirect('put=too-late')
    await untilSubmitted(id)
    await world.advance(6_000)
    await untilStatus(id, 'storing')
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(await storedVia(id)).toEqual(['download'])
    await world.advance(300_000)
    expect(receivedOf(id)).toEqual(['unawaited'])
    await expectStored(id)
    await expectOneEnd(id, 'succeeded')
  })

  it('and that has no link either is asked after as long as a copy is tried; then its job fails', async () => {
    const { id } = await postDirect('put=never, link=none')
    await finish(id)
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job).toMatchObject({
      status: 'failed',
      fault: { code: 'media_unavailable', message: expect.stringContaining('neither uploaded') },
      outputs: [{ status: 'failed' }],
    })
    expect((await timelineOf(id)).slice(-2)).toEqual(['output.failed', 'job.failed'])
    await expectOneEnd(id, 'failed')
  })

  it('and that has no link either is stored when it comes at last', async () => {
    const { id } = await postDirect('put=too-late, link=none')
    await untilSubmitted(id)
    await world.advance(6_000)
    await untilStatus(id, 'storing')
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    await expectStored(id)
    expect(await storedVia(id)).toEqual(['upload'])
  })
})

describe('whether it is uploaded', () => {
  it('is off unless somebody says so', async () => {
    const { id } = await postJob({ prompt: 'A paper boat' })
    await finish(id)
    await untilStatus(id, 'succeeded')
    expect(receivedOf(id)).toEqual([])
    expect(await storedVia(id)).toEqual(['download'])
  })

  it('decides whether an end without a link is one', async () => {
    const { id } = await postJob({ prompt: 'A paper boat sim(link=none)', deadline_seconds: 600 })
    await finish(id)
    await untilJob(id, ({ status }) => status === 'generating')
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job).toMatchObject({ status: 'failed', fault: { code: 'deadline_exceeded' }, outputs: [] })
  })
})
