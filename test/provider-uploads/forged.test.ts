/** Uploads under a leaked URL: before, beside and instead of the provider's own upload. */
import { describe, expect, it } from 'vitest'
import { aVideo } from '../media/a-copy.ts'
import { untilCheckEnds } from '../support/late.ts'
import { getJob, passTimeUntil, untilStatus, untilSubmitted } from '../support/reelhook.ts'
import { objectKeys } from '../support/storage.ts'
import { anAwaitingJob, postDirect, putAt, receivedOf, storedVia, uploadPathOf } from '../support/uploads.ts'
import { bytesAtProvider, finish, sha256Of } from '../support/videos.ts'
import { world } from '../support/world.ts'

const settled = ({ settled_at }: { settled_at: string | null }) => settled_at !== null

/** A job whose upload URL leaks: an attacker uploads a video before its provider does. */
async function aForgedJob(directives: string): Promise<string> {
  const { id } = await postDirect(directives)
  await untilSubmitted(id)
  expect((await putAt(await uploadPathOf(id), aVideo(5_000))).status).toBe(200)
  return id
}

async function expectTrue(id: string): Promise<void> {
  const job = await passTimeUntil(id, settled)
  expect(job.status, JSON.stringify(job.fault)).toBe('succeeded')
  const made = await Promise.all((await bytesAtProvider(id)).map(sha256Of))
  expect(job.outputs.map(({ sha256 }) => sha256)).toEqual(made)
  expect(await objectKeys(`jobs/${id}/`)).toHaveLength(1)
}

describe('a forged upload', () => {
  it('before the true one is replaced by the true one', async () => {
    const id = await aForgedJob('megabytes=1')
    await finish(id)
    await expectTrue(id)
    expect(receivedOf(id)).toEqual(['stored', 'stored'])
    expect(await storedVia(id)).toEqual(['upload'])
    expect((await getJob(id)).outputs).toMatchObject([{ unconfirmed: false }])
  })

  it('before a true one without a URL is replaced by the true one, which is marked as unconfirmed', async () => {
    const id = await aForgedJob('link=none')
    await finish(id)
    await expectTrue(id)
    expect((await getJob(id)).outputs).toMatchObject([{ unconfirmed: true }])
  })

  it('after the true one differs from the video that the status names, which is downloaded', async () => {
    const { id } = await postDirect('put=twice, megabytes=1, webhook=lost, poll=500*2')
    await finish(id)
    await expect.poll(() => receivedOf(id).length).toBe(2)
    await putAt(await uploadPathOf(id), aVideo(5_000))
    await expectTrue(id)
    expect(await storedVia(id)).toEqual(['download'])
  })

  it.each(['never', 'too-late'])(
    'instead of the true one (put=%s) differs from the video that the status names, which is downloaded',
    async (put) => {
      const id = await aForgedJob(`put=${put}, megabytes=1`)
      await finish(id)
      await expectTrue(id)
      expect(await storedVia(id)).toEqual(['download'])
    },
  )

  it.each(['bad-gateway*1', 'bad-gateway*3', 'empty*1', 'truncated*2'])(
    'instead of the true one is not accepted while the media host is failing (body=%s)',
    async (body) => {
      const id = await aForgedJob(`put=never, megabytes=1, body=${body}`)
      await finish(id)
      await expectTrue(id)
      expect((await getJob(id)).outputs).toMatchObject([{ unconfirmed: false }])
    },
  )

  it('long before the end does not replace the wait, and is marked as unconfirmed', async () => {
    const id = await aForgedJob('put=never, link=none, seconds=300')
    await world.advance(301_000)
    const job = await passTimeUntil(id, settled)
    expect(job).toMatchObject({ status: 'succeeded', outputs: [{ unconfirmed: true }] })
  })

  it('is marked as unconfirmed if the provider cannot be polled', async () => {
    const id = await aForgedJob('put=never, webhook=lost, poll=500')
    expect(await passTimeUntil(id, settled)).toMatchObject({ outputs: [{ unconfirmed: true }] })
  })

  it('beside the true one contradicts it if the provider cannot be polled: neither is accepted', async () => {
    const id = await aForgedJob('webhook=lost, poll=500')
    await finish(id)
    await expect.poll(() => receivedOf(id).length).toBe(2)
    expect(await passTimeUntil(id, settled)).toMatchObject({ status: 'failed', outputs: [] })
    await untilCheckEnds(id)
    expect(await getJob(id)).toMatchObject({ status: 'failed', outputs: [] })
    await expect.poll(() => objectKeys(`jobs/${id}/`)).toEqual([])
  })

  it('is refused if four different videos were uploaded before', async () => {
    const id = await anAwaitingJob()
    const path = await uploadPathOf(id)
    const statuses = []
    for (const bytes of [1_000, 2_000, 3_000, 4_000, 5_000]) {
      statuses.push((await putAt(path, aVideo(bytes))).status)
    }
    expect(statuses).toEqual([200, 200, 200, 200, 409])
    expect(await objectKeys(`jobs/${id}/`)).toHaveLength(4)
  })
})

describe('an honest upload', () => {
  it('is confirmed by the status that names it', async () => {
    const { id } = await postDirect('megabytes=1')
    await finish(id)
    expect((await untilStatus(id, 'succeeded')).outputs).toMatchObject([{ unconfirmed: false }])
    expect(await storedVia(id)).toEqual(['upload'])
  })
})
