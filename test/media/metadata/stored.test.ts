/** What a stored video's header tells, on its way from R2 to the caller. */
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

// Of the picture that every simulated provider makes.
const known = {
  ...{ width: 256, height: 144, duration_seconds: 3, frame_rate: 12 },
  ...{ video_codec: 'avc', audio_codec: 'aac', has_audio: true },
}
const unknown = Object.fromEntries(Object.keys(known).map((name) => [name, null]))

/** What the timeline and the log say of the output. */
async function saidOf(id: string) {
  const response = await api(`/v1/jobs/${id}/events`)
  const { data } = await response.json<{ data: { type: string; data: object }[] }>()
  const logged = world.logs.filter(({ event, fields }) => event === 'output.stored' && fields.job_id === id)
  return { event: data.find(({ type }) => type === 'output.stored')?.data, log: logged.at(-1)?.fields }
}

function untilSettled(id: string): Promise<JobView> {
  return passTimeUntil(id, ({ settled_at }) => settled_at !== null)
}

describe('what a video is', () => {
  it('is on the job, in the list, in what the caller is told and on the timeline', async () => {
    const job = await makeVideo()
    expect(job.outputs).toMatchObject([known])
    const { data } = await (await api('/v1/jobs?limit=1')).json<{ data: JobView[] }>()
    expect(data[0]?.outputs).toMatchObject([known])
    const [told] = await untilNotified(job.id)
    expect(JSON.parse(told?.body ?? '').data.outputs).toMatchObject([known])
    const { event, log } = await saidOf(job.id)
    expect(event).toMatchObject(known)
    expect(event).not.toHaveProperty('header_trouble')
    expect(log?.header_trouble).toBeUndefined()
  })

  it('is kept of each of several', async () => {
    const { id, outputs } = await makeVideo({ count: 2 })
    expect(outputs).toMatchObject([known, known])
    expect(await countRows('outputs', 'job_id = ? AND width = 256 AND has_audio = 1', id)).toBe(2)
  })
})

describe('a video whose header cannot be read', () => {
  it('is stored all the same, and the timeline and the log say so', async () => {
    const { id } = await postJob({ prompt: 'A paper boat sim(webhook=lost)' })
    world.respondNext(`${simulatorUrl}/media/`, () => anAnswer(aVideo(300_000)))
    await finish(id)
    const job = await untilSettled(id)
    expect(job).toMatchObject({ status: 'succeeded', outputs: [{ ...unknown, bytes: 300_000 }] })
    const { event, log } = await saidOf(id)
    expect(event).toMatchObject({ ...unknown, header_trouble: expect.stringMatching(/./) })
    expect(log).toMatchObject({ header_trouble: expect.stringMatching(/./), bytes: 300_000 })
    expect(log?.fault).toBeUndefined()
  })
})

describe('a step that dies while it reads a header', () => {
  /** Its video is in the bucket, and nothing is committed. */
  async function aDeath(): Promise<string> {
    const { id } = await postWithoutWakeUp({ prompt: 'A paper boat sim(webhook=lost)' })
    await advance(aContext(), id)
    await world.advance(5 * minutes)
    const reached = aGate()
    const get = () => {
      reached.open()
      return new Promise<never>(() => undefined)
    }
    // Given up by its reader after seconds, when its lease is long another's.
    void advance(aContext({}, { BUCKET: withMethods(env.BUCKET, { get }) }), id)
    await reached.wait
    expect((await getJob(id)).status).toBe('storing')
    return id
  }

  it('is followed by one that does not: the video is stored without what the header would have told', async () => {
    const id = await aDeath()
    expect(await untilSettled(id)).toMatchObject({ status: 'succeeded', outputs: [unknown] })
    const { event } = await saidOf(id)
    expect(event).toMatchObject({ header_trouble: expect.stringMatching(/ended the step/) })
  })

  it('is followed by one that reads it, where it died of something else before', async () => {
    const id = await aDeath()
    await env.BUCKET.delete(`jobs/${id}/0.mp4`)
    await untilSettled(id)
    expect((await untilStatus(id, 'succeeded')).outputs).toMatchObject([known])
  })
})
