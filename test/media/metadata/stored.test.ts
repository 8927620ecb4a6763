/** Metadata of a stored video, from its header in R2 to the caller. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { leaseMs } from '../../../src/core/schedule/jobs.ts'
import { advance } from '../../../src/engine/advance.ts'
import { pauseStep } from '../../support/hold-step.ts'
import { canceled } from '../../support/job-calls.ts'
import { api, getJob, passTimeUntil, postJob, untilNotified } from '../../support/reelhook.ts'
import { aContext, aGate, postWithoutWakeUp } from '../../support/runtime.ts'
import { countRows, objectKeys } from '../../support/storage.ts'
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

/** The timeline's event and the log's entry about the output's header. */
async function recordsOf(id: string) {
  const response = await api(`/v1/jobs/${id}/events`)
  const { data } = await response.json<{ data: { type: string; data: object }[] }>()
  const logged = world.logs.filter(({ event, fields }) => event === 'metadata.read' && fields.job_id === id)
  return { event: data.find(({ type }) => type === 'output.stored')?.data, log: logged.at(-1)?.fields }
}

function untilSettled(id: string): Promise<JobView> {
  return passTimeUntil(id, ({ settled_at }) => settled_at !== null)
}

describe('the metadata of a video', () => {
  it('are in the job, the list, the delivered event and the timeline', async () => {
    const job = await makeVideo()
    expect(job.outputs).toMatchObject([metadata])
    const { data } = await (await api('/v1/jobs?limit=1')).json<{ data: JobView[] }>()
    expect(data[0]?.outputs).toMatchObject([metadata])
    const [notified] = await untilNotified(job.id)
    expect(JSON.parse(notified?.body ?? '').data.outputs).toMatchObject([metadata])
    const { event, log } = await recordsOf(job.id)
    expect(event).toMatchObject(metadata)
    expect(event).not.toHaveProperty('metadata_error')
    expect(log?.metadata_error).toBeUndefined()
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
    expect(event).toMatchObject({ ...noMetadata, bytes: 300_000, metadata_error: expect.stringMatching(/./) })
    expect(log).toMatchObject({ metadata_error: expect.stringMatching(/./) })
    const stored = world.logs.filter(({ event, fields }) => event === 'output.stored' && fields.job_id === id)
    expect(stored.map(({ fields }) => fields.fault)).toEqual([undefined])
  })
})

describe('a step that dies while it reads a header', () => {
  /** The first step has committed nothing since its poll. The second one has committed that the video is stored. */
  async function aDeath(overrides: Record<string, unknown> = {}): Promise<string> {
    const { id } = await postWithoutWakeUp({ prompt: 'A paper boat sim(webhook=lost)', ...overrides })
    await advance(aContext(), id)
    await world.advance(5 * minutes)
    await dieAtHeader(id)
    await world.advance(leaseMs)
    await dieAtHeader(id)
    expect((await getJob(id)).status).toBe('storing')
    return id
  }

  /** Advances the job until a step has stored a video and reads its header. */
  async function dieAtHeader(id: string): Promise<void> {
    const reached = aGate()
    const before = downloadsOf(id)
    const get = async (key: string, options?: R2GetOptions) => {
      if (downloadsOf(id) === before) return env.BUCKET.get(key, options)
      reached.open()
      return new Promise<never>(() => undefined)
    }
    // The reader times out after some seconds, long after another step has taken the lease.
    void advance(aContext({}, { BUCKET: withMethods(env.BUCKET, { get: get as R2Bucket['get'] }) }), id)
    await reached.wait
  }

  function downloadsOf(id: string): number {
    return world.logs.filter(({ event, fields }) => event === 'output.stored' && fields.job_id === id).length
  }

  it('costs one more copy: the job succeeds without the metadata, and the header is not read again', async () => {
    const id = await aDeath()
    const storedBefore = await objectKeys(`jobs/${id}/`)
    expect(storedBefore).toEqual([`jobs/${id}/0.mp4`])
    expect(await untilSettled(id)).toMatchObject({
      status: 'succeeded',
      outputs: [{ ...noMetadata, status: 'stored', bytes: expect.any(Number) }],
    })
    expect(downloadsOf(id)).toBe(2)
    expect(await objectKeys(`jobs/${id}/`)).toEqual(storedBefore)
    const { event, log } = await recordsOf(id)
    expect(event).toMatchObject({ metadata_error: expect.stringContaining('was interrupted') })
    expect(log).toMatchObject({ metadata_error: expect.stringContaining('was interrupted') })
    expect(await untilNotified(id)).toHaveLength(1)
  })

  it('costs one output of several its metadata, and the others nothing', async () => {
    const id = await aDeath({ count: 2 })
    const job = await untilSettled(id)
    expect(job).toMatchObject({ status: 'succeeded', outputs: [noMetadata, metadata] })
    expect(downloadsOf(id)).toBe(3)
  })

  it('leaves a stored output if the job is canceled then', async () => {
    const id = await aDeath()
    await canceled(id)
    expect(await getJob(id)).toMatchObject({
      status: 'canceled',
      outputs: [{ ...noMetadata, status: 'stored' }],
    })
    expect(await objectKeys(`jobs/${id}/`)).toEqual([`jobs/${id}/0.mp4`])
  })

  it('leaves no video if the job is canceled before one is recorded', async () => {
    const { id } = await postWithoutWakeUp({ prompt: 'A paper boat sim(webhook=lost)' })
    await advance(aContext(), id)
    await world.advance(5 * minutes)
    await dieAtHeader(id)
    await canceled(id)
    expect(await getJob(id)).toMatchObject({ status: 'canceled', outputs: [] })
    expect(await objectKeys(`jobs/${id}/`)).toEqual([])
  })
})

it('a step that dies before it has stored the video costs no metadata', async () => {
  const { id } = await postWithoutWakeUp({ prompt: 'A paper boat sim(webhook=lost)' })
  await advance(aContext(), id)
  await world.advance(5 * minutes)
  await pauseStep(id, { call: '/media/', when: 'after' })
  expect(await untilSettled(id)).toMatchObject({ status: 'succeeded', outputs: [metadata] })
})
