/** Uploads under a leaked URL, before, beside and in the place of the provider's own. */
import { describe, expect, it } from 'vitest'
import { aVideo } from '../media/a-copy.ts'
import { getJob, passTimeUntil, untilStatus, untilSubmitted } from '../support/reelhook.ts'
import { objectKeys } from '../support/storage.ts'
import { anAwaitingJob, postDirect, putAt, receivedOf, storedVia, uploadPathOf } from '../support/uploads.ts'
import { bytesAtProvider, finish, sha256Of } from '../support/videos.ts'
import { world } from '../support/world.ts'

const settled = ({ settled_at }: { settled_at: string | null }) => settled_at !== null

/** A job whose URL leaks at once: somebody PUTs a video before its provider does. */
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
  it('before the true one is replaced by it', async () => {
    const id = await aForgedJob('megabytes=1')
    await finish(id)
    await expectTrue(id)
    expect(receivedOf(id)).toEqual(['stored', 'stored'])
    expect(await storedVia(id)).toEqual(['upload'])
    expect((await getJob(id)).outputs).toMatchObject([{ unconfirmed: false }])
  })

  it('before the true one, of which no URL is named, is replaced by it; that is marked', async () => {
    const id = await aForgedJob('link=none')
    await finish(id)
    await expectTrue(id)
    expect((await getJob(id)).outputs).toMatchObject([{ unconfirmed: true }])
  })

  it('behind the true one is not what the status names: that is downloaded', async () => {
    const { id } = await postDirect('put=twice, megabytes=1, webhook=lost, poll=500*2')
    await finish(id)
    await expect.poll(() => receivedOf(id).length).toBe(2)
    await putAt(await uploadPathOf(id), aVideo(5_000))
    await expectTrue(id)
    expect(await storedVia(id)).toEqual(['download'])
  })

  it.each(['never', 'too-late'])(
    'in the place of the true one (put=%s) is not what the status names',
    async (put) => {
      const id = await aForgedJob(`put=${put}, megabytes=1`)
      await finish(id)
      await expectTrue(id)
      expect(await storedVia(id)).toEqual(['download'])
    },
  )

  it.each(['bad-gateway*1', 'bad-gateway*3', 'empty*1', 'truncated*2'])(
    'in the place of the true one is not believed while the host of the true one is in trouble (body=%s)',
    async (body) => {
      const id = await aForgedJob(`put=never, megabytes=1, body=${body}`)
      await finish(id)
      await expectTrue(id)
      expect((await getJob(id)).outputs).toMatchObject([{ unconfirmed: false }])
    },
  )

  it('that came long before the end is waited behind, and marked where nothing contradicts it', async () => {
    const id = await aForgedJob('put=never, link=none, seconds=300')
    await world.advance(301_000)
    const job = await passTimeUntil(id, settled)
    expect(job).toMatchObject({ status: 'succeeded', outputs: [{ unconfirmed: true }] })
  })

  it('is marked where the provider cannot be asked', async () => {
    const id = await aForgedJob('put=never, webhook=lost, poll=500')
    expect(await passTimeUntil(id, settled)).toMatchObject({ outputs: [{ unconfirmed: true }] })
  })

  it('beside the true one is a contradiction where the provider cannot be asked: neither is believed', async () => {
    const id = await aForgedJob('webhook=lost, poll=500')
    await finish(id)
    await expect.poll(() => receivedOf(id).length).toBe(2)
    expect(await passTimeUntil(id, settled)).toMatchObject({ status: 'failed', outputs: [] })
    expect(await objectKeys(`jobs/${id}/`)).toEqual([])
  })

  it('does not become many: the fifth different one is refused', async () => {
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
  it('is confirmed by the status', async () => {
    const { id } = await postDirect('megabytes=1')
    await finish(id)
    expect((await untilStatus(id, 'succeeded')).outputs).toMatchObject([{ unconfirmed: false }])
    expect(await storedVia(id)).toEqual(['upload'])
  })
})
