/** Whole jobs at a provider that uploads its videos: each is stored once, from the upload or from a download. */
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

/** How often the media host was called for the job's tasks: once to compare an upload, or to download. */
function mediaCallsOf(id: string): number {
  const taskIds = billsFor(id).map(({ taskId }) => taskId)
  const lines = world.simulator.log().filter(({ taskId }) => taskIds.includes(taskId ?? ''))
  return lines.filter(({ what }) => what === 'media.served' || what === 'media.refused').length
}

/** R2 has the videos that the provider made, and no other object of the job. */
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
    'is stored unchanged, and compared with the video that the status names: %s',
    async (directives) => {
      const { id } = await postDirect(directives)
      await finish(id)
      await untilStatus(id, 'succeeded')
      await expectStored(id)
      expect(receivedOf(id)).toEqual(['stored'])
      expect(await storedVia(id)).toEqual(['upload'])
      expect(mediaCallsOf(id)).toBe(directives === 'link=none' ? 0 : 1)
      expect(billsFor(id)).toHaveLength(1)
      await expectOneEnd(id, 'succeeded')
    },
  )

  it('gets its metadata from its header, as a downloaded one does', async () => {
    const { id } = await postDirect('megabytes=1')
    await finish(id)
    const { outputs } = await untilStatus(id, 'succeeded')
    expect(outputs).toMatchObject([{ width: expect.any(Number), video_codec: 'avc', has_audio: true }])
  })

  it('has the same file name as a downloaded one', async () => {
    const { id } = await postDirect('')
    await finish(id)
    await untilStatus(id, 'succeeded')
    const { headers } = await api(`/v1/jobs/${id}/outputs/0`)
    expect(headers.get('content-disposition')).toBe(`inline; filename="${id}-0.mp4"`)
  })

  it('is the only output of its task: a job with several outputs has several tasks', async () => {
    const { id } = await postDirect('', { count: 3 })
    await finish(id)
    await untilStatus(id, 'succeeded')
    await expectStored(id)
    expect(billsFor(id)).toHaveLength(3)
    expect(await storedVia(id)).toEqual(['upload', 'upload', 'upload'])
    expect(mediaCallsOf(id)).toBe(3)
  })

  it('is stored once, even if it is uploaded twice', async () => {
    const { id } = await postDirect('put=twice, webhook=lost, megabytes=1')
    await finish(id)
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    await expectStored(id)
    expect(receivedOf(id)).toEqual(['stored', 'repeated'])
    expect(await storedVia(id)).toEqual(['upload'])
  })

  it('is stored even if its webhook is lost: the upload makes the job poll', async () => {
    const { id } = await postDirect('webhook=lost')
    await finish(id)
    await untilStatus(id, 'succeeded')
    expect(await timelineOf(id)).not.toContain('webhook.received')
  })

  it('makes the job poll within seconds while the status does not show the end yet', async () => {
    const { id } = await postDirect('webhook=announced+lost')
    await finish(id)
    await untilStatus(id, 'succeeded')
    expect(await storedVia(id)).toEqual(['upload'])
  })

  it.each([
    ['webhook', 'put=late, link=none'],
    ['upload', 'webhook=lost'],
  ])('completes its task via the %s that comes first', async (completedVia, directives) => {
    const { id } = await postDirect(directives)
    await untilSubmitted(id)
    await world.advance(6_000)
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'succeeded')
    await world.advance(10_000)
    expect((await untilStatus(id, 'succeeded')).tasks).toMatchObject([{ completed_via: completedVia }])
  })

  it.each(['odd', '404', '500'])('is stored even if the status never shows the end: %s', async (poll) => {
    const { id } = await postDirect(`poll=${poll}, webhook=lost`)
    await finish(id)
    await expect.poll(() => receivedOf(id)).toEqual(['stored'])
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    await expectStored(id)
    expect(await storedVia(id)).toEqual(['upload'])
    expect(billsFor(id)).toHaveLength(1)
    await expectOneEnd(id, 'succeeded')
  })

  it('has no upload if the task fails', async () => {
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

describe('a video whose upload fails or is late', () => {
  it.each([
    ['never', []],
    ['truncated', ['media_truncated']],
    ['html', ['media_wrong_type']],
    ['picture', ['media_wrong_type']],
  ])('(put=%s) is downloaded after the grace time', async (put, received) => {
    const { id } = await postDirect(`put=${put}, megabytes=1`)
    await finish(id)
    const { outputs } = await untilStatus(id, 'storing')
    expect(outputs).toMatchObject([{ status: 'waiting' }])
    expect(receivedOf(id)).toEqual(received)
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    await expectStored(id)
    expect(await storedVia(id)).toEqual(['download'])
    expect(mediaCallsOf(id)).toBe(1)
    expect(billsFor(id)).toHaveLength(1)
    await expectOneEnd(id, 'succeeded')
  })

  it('is not downloaded within the grace time, and stored when it is uploaded', async () => {
    const { id } = await postDirect('put=late')
    await untilSubmitted(id)
    await world.advance(6_000)
    await untilStatus(id, 'storing')
    await world.advance(10_000)
    await untilStatus(id, 'succeeded')
    await expectStored(id)
    expect(await storedVia(id)).toEqual(['upload'])
    expect(mediaCallsOf(id)).toBe(1)
  })

  it('is downloaded after the grace time, and a later upload is refused', async () => {
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

  it('and that has no URL is retried as often as a download, then its job fails', async () => {
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

  it('and that has no URL is stored when it is uploaded at last', async () => {
    const { id } = await postDirect('put=too-late, link=none')
    await untilSubmitted(id)
    await world.advance(6_000)
    await untilStatus(id, 'storing')
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    await expectStored(id)
    expect(await storedVia(id)).toEqual(['upload'])
  })
})

describe('the upload of a video', () => {
  it('is off by default', async () => {
    const { id } = await postJob({ prompt: 'A paper boat' })
    await finish(id)
    await untilStatus(id, 'succeeded')
    expect(receivedOf(id)).toEqual([])
    expect(await storedVia(id)).toEqual(['download'])
  })

  it('decides whether a task without a URL has ended', async () => {
    const { id } = await postJob({ prompt: 'A paper boat sim(link=none)', deadline_seconds: 600 })
    await finish(id)
    await untilJob(id, ({ status }) => status === 'generating')
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job).toMatchObject({ status: 'failed', fault: { code: 'deadline_exceeded' }, outputs: [] })
  })
})
