/** Metadata of a stored video, from its header in R2 to the caller. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job-view-schema.ts'
import { advance } from '../../../src/engine/advance.ts'
import { api, getJob, passTimeUntil, postJob, untilNotified, untilStatus } from '../../support/reelhook.ts'
import { aContext, aGate, postWithoutWakeUp } from '../../support/runtime.ts'
import { countRows } from '../../support/storage.ts'
import { finish, makeVideo } from '../../support/videos.ts'
import { simulatorUrl, world } from '../../support/world.ts'
import { anAnswer, aVideo, withMethods } from '../a-copy.ts'

const minutes = 60_000

// The metadata of the video that every simulated provider makes.
const metadata = {
  width: 256,
  height: 144,
  duration_seconds: 3,
  frame_rate: 12,
  video_codec: 'avc',
  audio_codec: 'aac',
  has_audio: true,
}
const noMetadata = Object.fromEntries(Object.keys(metadata).map((name) => [name, null]))

/** The timeline event and the log entry of the output. */
async function recordsOf(id: string) {
  const response = await api(`/v1/jobs/${id}/events`)
  const { data } = await response.json<{ data: { type: string; data: object }[] }>()
  const logged = world.logs.filter(({ event, fields }) => event === 'output.stored' && fields.job_id === id)
  return { event: data.find(({ type }) => type === 'output.stored')?.data, log: logged.at(-1)?.fields }
}

function untilSettled(id: string): Promise<JobView> {
  return passTimeUntil(id, ({ settled_at }) => settled_at !== null)
}

describe('the metadata of a video', () => {
  it('are in the job, the list, the delivery and the timeline', async () => {
    const job = await makeVideo()
    expect(job.outputs).toMatchObject([metadata])
    const { data } = await (await api('/v1/jobs?limit=1')).json<{ data: JobView[] }>()
    expect(data[0]?.outputs).toMatchObject([metadata])
    const [delivery] = await untilNotified(job.id)
    expect(JSON.parse(delivery?.body ?? '').data.outputs).toMatchObject([metadata])
    const { event, log } = await recordsOf(job.id)
    expect(event).toMatchObject(metadata)
    expect(event).not.toHaveProperty('header_trouble')
    expect(log?.header_trouble).toBeUndefined()
  })

  it('are stored for each of several outputs', async () => {
    const { id, outputs } = await makeVideo({ count: 2 })
    expect(outputs).toMatchObject([metadata, metadata])
    expect(await countRows('outputs', 'job_id = ? AND width = 256 AND has_audio = 1', id)).toBe(2)
  })
})

describe('a video whose header cannot be read', () => {
  it('is stored without metadata, and the timeline and the log give the reason', async () => {
    const { id } = await postJob({ prompt: 'A paper boat sim(webhook=lost)' })
    world.respondNext(`${simulatorUrl}/media/`, () => anAnswer(aVideo(300_000)))
    await finish(id)
    const job = await untilSettled(id)
    expect(job).toMatchObject({ status: 'succeeded', outputs: [{ ...noMetadata, bytes: 300_000 }] })
    const { event, log } = await recordsOf(id)
    expect(event).toMatchObject({ ...noMetadata, header_trouble: expect.stringMatching(/./) })
    expect(log).toMatchObject({ header_trouble: expect.stringMatching(/./), bytes: 300_000 })
    expect(log?.fault).toBeUndefined()
  })
})

describe('a step that crashes while it reads a header', () => {
  /** The video is in the bucket, and nothing is committed. */
  async function aCrash(): Promise<string> {
    const { id } = await postWithoutWakeUp({ prompt: 'A paper boat sim(webhook=lost)' })
    await advance(aContext(), id)
    await world.advance(5 * minutes)
    const reached = aGate()
    const get = () => {
      reached.open()
      return new Promise<never>(() => undefined)
    }
    // The reader times out after ten seconds, long after another step has taken the lease.
    void advance(aContext({}, { BUCKET: withMethods(env.BUCKET, { get }) }), id)
    await reached.wait
    expect((await getJob(id)).status).toBe('storing')
    return id
  }

  it('is followed by one that skips the header: the video is stored without metadata', async () => {
    const id = await aCrash()
    expect(await untilSettled(id)).toMatchObject({ status: 'succeeded', outputs: [noMetadata] })
    const { event } = await recordsOf(id)
    expect(event).toMatchObject({ header_trouble: expect.stringMatching(/ended the step/) })
  })

  it('is followed by one that reads the header, if the video was not stored before the crash', async () => {
    const id = await aCrash()
    await env.BUCKET.delete(`jobs/${id}/0.mp4`)
    await untilSettled(id)
    expect((await untilStatus(id, 'succeeded')).outputs).toMatchObject([metadata])
  })
})
