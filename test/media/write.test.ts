import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { api, billsFor, passTimeUntil, postJob, timelineOf, untilSubmitted } from '../support/reelhook.ts'
import { objectKeys } from '../support/storage.ts'
import { bytesAtProvider, bytesOf, finish, makeVideo, sha256Of } from '../support/videos.ts'
import { world } from '../support/world.ts'

/** A job whose provider has finished; what follows is up to the copy. */
async function aFinishedJob(directive: string): Promise<string> {
  const { id } = await postJob({ prompt: `A paper boat sim(${directive})` })
  await finish(id)
  return id
}

async function untilSettled(id: string) {
  return passTimeUntil(id, ({ settled_at }) => settled_at !== null)
}

/** How often the provider's media host was asked for the job's video. */
function timesAsked(id: string): number {
  const [task] = world.simulator.tasks().filter(({ webhookUrl }) => webhookUrl?.includes(id))
  const lines = world.simulator.log().filter(({ taskId }) => taskId === task?.taskId)
  return lines.filter(({ what }) => what === 'media.served' || what === 'media.refused').length
}

describe('the video of a job', () => {
  it.each(['megabytes=1', 'megabytes=11', 'body=chunked', 'body=chunked, megabytes=11'])(
    'is stored with the size and the SHA-256 of what the provider made: %s',
    async (directive) => {
      const job = await makeVideo({ prompt: `A paper boat sim(${directive})` })
      const [made = new Uint8Array()] = await bytesAtProvider(job.id)
      expect(job.outputs[0]).toMatchObject({ bytes: made.length, sha256: await sha256Of(made) })
      const stored = await bytesOf((await api(`/v1/jobs/${job.id}/outputs/0`)).body)
      expect(await sha256Of(stored)).toBe(job.outputs[0]?.sha256)
      expect(await objectKeys(`jobs/${job.id}/`)).toEqual([`jobs/${job.id}/0.mp4`])
    },
  )

  it('is stored in parts when it is a giant, though its length is known', async () => {
    const { id } = await postJob({ prompt: 'A paper boat sim(megabytes=40)' })
    await finish(id)
    const job = await untilSettled(id)
    const stored = await env.BUCKET.head(`jobs/${id}/0.mp4`)
    expect(stored?.size).toBe(job.outputs[0]?.bytes)
    // R2's name for what was put in so many parts.
    expect(stored?.etag).toMatch(/-8$/)
    const [taskOfIt] = billsFor(id)
    const made = world.simulator.mediaOf(taskOfIt?.outputs[0]?.outputId ?? '')?.stream()
    const digest = new crypto.DigestStream('SHA-256')
    await made?.pipeTo(digest)
    expect(job.outputs[0]?.sha256).toBe(new Uint8Array(await digest.digest).toHex())
  })

  it('is stored for each of several', async () => {
    const job = await makeVideo({ count: 3 })
    const made = await bytesAtProvider(job.id)
    expect(job.outputs.map(({ n }) => n)).toEqual([0, 1, 2])
    const sums = await Promise.all(made.map(sha256Of))
    expect(job.outputs.map(({ sha256 }) => sha256).sort()).toEqual(sums.sort())
  })

  it.each([
    ['bad-gateway', 3],
    ['truncated', 2],
    ['html', 2],
    ['empty', 2],
  ])('is stored after its host was in trouble (%s) for some times', async (trouble, times) => {
    const id = await aFinishedJob(`body=${trouble}*${times}`)
    const job = await untilSettled(id)
    expect(job.status).toBe('succeeded')
    expect(timesAsked(id)).toBe(times + 1)
    const [made = new Uint8Array()] = await bytesAtProvider(id)
    expect(job.outputs[0]?.sha256).toBe(await sha256Of(made))
    expect(await timelineOf(id)).not.toContain('output.failed')
  })

  it('is asked for under a fresh link when the first has run out', async () => {
    const { id } = await postJob({ prompt: 'A paper boat sim(link=expired)' })
    await untilSubmitted(id)
    await world.advance(10_000)
    const job = await untilSettled(id)
    expect(job.status).toBe('succeeded')
    expect(timesAsked(id)).toBe(2)
  })
})

it('a file without a picture is asked for again, and its job has the video that comes then', async () => {
  const id = await aFinishedJob('body=sound*2')
  const job = await untilSettled(id)
  expect(job).toMatchObject({ status: 'succeeded', outputs: [{ width: 256, has_audio: true }] })
  expect(timesAsked(id)).toBe(3)
})

describe('a video that cannot be had', () => {
  it.each([
    ['html', 'media_wrong_type'],
    ['empty', 'media_truncated'],
    ['truncated', 'media_truncated'],
    ['bad-gateway', 'media_unavailable'],
    // It has no picture, or is one that does not move.
    ['sound', 'media_wrong_type'],
    ['image', 'media_wrong_type'],
  ])(
    '(%s) is tried seven times; then its job fails with %s, and nothing is left in R2',
    async (trouble, code) => {
      const id = await aFinishedJob(`body=${trouble}`)
      const job = await untilSettled(id)
      expect(job.status).toBe('failed')
      expect(job.fault?.code).toBe(code)
      expect(job.outputs).toMatchObject([{ status: 'failed', url: null, bytes: null, fault: { code } }])
      expect(timesAsked(id)).toBe(7)
      expect(await objectKeys(`jobs/${id}/`)).toEqual([])
      expect((await timelineOf(id)).slice(-2)).toEqual(['output.failed', 'job.failed'])
    },
  )
})
