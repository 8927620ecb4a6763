/** Copies of stored videos in the operator's bucket. */
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { apiRequest } from '../support/api-call.ts'
import { s3Error } from '../support/export-bucket.ts'
import { anExportingWorker, exportOf, getJobWith, makeVideoWith } from '../support/exports.ts'
import { createMeteredWorker } from '../support/meter.ts'
import { timelineOf } from '../support/reelhook.ts'
import { countRows, select } from '../support/storage.ts'
import { world } from '../support/world.ts'

const minutes = 60
const hours = 60 * minutes

// No test exports the videos of the one before it.
afterEach(() => select('DELETE FROM exports'))

function eventsFor(id: string): { type: string; data: { output?: unknown } }[] {
  return world.caller.receivedFor(id).map(({ body }) => JSON.parse(body))
}

async function bytesInR2(id: string): Promise<Uint8Array> {
  const object = await env.BUCKET.get(`jobs/${id}/0.mp4`)
  return new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer())
}

describe('a stored video', () => {
  it('is copied to the export bucket with the same bytes and checksum', async () => {
    const worker = anExportingWorker()
    const id = await makeVideoWith(worker)
    const key = `${id}/0.mp4`
    const { bytes, contentType } = worker.bucket.copies.get(key) ?? {}
    expect(bytes).toEqual(await bytesInR2(id))
    expect(contentType).toBe('video/mp4')
    expect(await getJobWith(worker, id)).toMatchObject({
      status: 'succeeded',
      outputs: [
        {
          status: 'stored',
          export: {
            status: 'exported',
            url: `https://s3.test/shop-videos/${key}`,
            key,
            exported_at: expect.any(String),
            error: null,
          },
        },
      ],
    })
    expect(await timelineOf(id)).toContain('output.exported')
    expect(worker.bucket.puts).toEqual([key])
  })

  it('gets a key with the prefix of the settings, in the region of the settings', async () => {
    const worker = anExportingWorker({ EXPORT_PREFIX: 'team-a/reelhook/', EXPORT_REGION: 'eu-central-1' })
    const id = await makeVideoWith(worker)
    expect([...worker.bucket.copies.keys()]).toEqual([`team-a/reelhook/${id}/0.mp4`])
  })

  it('is copied for each output of a job', async () => {
    const worker = anExportingWorker()
    const id = await makeVideoWith(worker, { count: 2 })
    await worker.passSeconds(1 * minutes)
    expect([...worker.bucket.copies.keys()].sort()).toEqual([`${id}/0.mp4`, `${id}/1.mp4`])
    expect((await getJobWith(worker, id)).outputs.map((output) => output.export?.status)).toEqual([
      'exported',
      'exported',
    ])
  })

  it('notifies those that subscribe to output.exported', async () => {
    const worker = anExportingWorker()
    const id = await makeVideoWith(worker, { callback_events: ['job.succeeded', 'output.exported'] })
    const exported = eventsFor(id).filter(({ type }) => type === 'output.exported')
    expect(exported).toMatchObject([
      { data: { id, output: { n: 0, export: { status: 'exported', key: `${id}/0.mp4` } } } },
    ])
  })

  it('sends no output.exported to the others', async () => {
    const id = await makeVideoWith(anExportingWorker())
    expect(eventsFor(id).map(({ type }) => type)).toEqual(['job.succeeded'])
  })

  it('is not copied in a deployment without EXPORT_*, and writes no row', async () => {
    const worker = createMeteredWorker()
    const id = await makeVideoWith(worker)
    expect(await countRows('exports', 'job_id = ?', id)).toBe(0)
    expect(await exportOf(worker, id)).toBeNull()
  })

  it('costs a message and about seven rows more', async () => {
    const plain = createMeteredWorker()
    await makeVideoWith(plain)
    const exporting = anExportingWorker()
    await makeVideoWith(exporting)
    expect(exporting.bill().messages - plain.bill().messages).toBe(1)
    expect(exporting.bill().rowsWritten - plain.bill().rowsWritten).toBeLessThanOrEqual(7)
  })
})

describe('a bucket that refuses', () => {
  it('is tried again on the schedule of deliveries, until its operator has corrected it', async () => {
    const worker = anExportingWorker({ EXPORT_SECRET_ACCESS_KEY: 'an-old-secret' })
    const id = await makeVideoWith(worker)
    await worker.passSeconds(6 * minutes)
    expect(worker.bucket.puts).toHaveLength(3)
    expect(await exportOf(worker, id)).toEqual({
      status: 'pending',
      url: null,
      key: null,
      exported_at: null,
      error: 'the bucket answered 403 SignatureDoesNotMatch',
    })
    expect(await getJobWith(worker, id)).toMatchObject({ status: 'succeeded' })

    const corrected = anExportingWorker()
    await world.advance(40 * 60_000)
    await corrected.sweep()
    await corrected.drain()
    expect(await exportOf(corrected, id)).toMatchObject({ status: 'exported', error: null })
    expect(await timelineOf(id)).toContain('output.exported')
  })

  it('is given up after ten attempts over about three days, with an entry in the timeline and a log line', async () => {
    const worker = anExportingWorker({ EXPORT_BUCKET: 'no-such-bucket' })
    const id = await makeVideoWith(worker)
    for (let hour = 0; hour < 100; hour++) {
      await world.advance(hours * 1_000)
      await worker.sweep()
      await worker.drain()
    }
    expect(worker.bucket.puts).toHaveLength(10)
    const error = 'the bucket answered 404 NoSuchBucket'
    expect(await exportOf(worker, id)).toMatchObject({ status: 'failed', error })
    const { data } = await (await worker.fetch(apiRequest('GET', `/v1/jobs/${id}/events`))).json<{
      data: { type: string; data: unknown }[]
    }>()
    expect(data.find(({ type }) => type === 'output.export_failed')?.data).toEqual({
      n: 0,
      attempts: 10,
      error,
    })
    const attempts = world.logs.filter(
      ({ event, fields }) => event === 'export.attempted' && fields.job_id === id,
    )
    expect(attempts).toHaveLength(10)
    expect(attempts.at(-1)?.fields).toMatchObject({ attempt: 10, status: 404, next: 'failed', error })
  })

  it('is tried no sooner than its Retry-After', async () => {
    const worker = anExportingWorker()
    worker.bucket.respondNext(() => s3Error(503, 'SlowDown', { 'retry-after': '7200' }))
    const id = await makeVideoWith(worker)
    await worker.passSeconds(10 * minutes)
    expect(worker.bucket.puts).toHaveLength(1)
    await world.advance(2 * hours * 1_000)
    await worker.sweep()
    await worker.drain()
    expect(await exportOf(worker, id)).toMatchObject({ status: 'exported' })
  })

  it.each<[string, () => Response, string]>([
    ['answers 500', () => s3Error(500, 'InternalError'), 'the bucket answered 500 InternalError'],
    ['answers with a page', () => new Response('<h1>no</h1>', { status: 502 }), 'the bucket answered 502'],
    [
      'redirects',
      () => new Response(null, { status: 307, headers: { location: 'https://elsewhere.test/' } }),
      'the bucket answered 307',
    ],
    [
      'does not respond',
      () => {
        throw new TypeError('refused at https://s3.test/shop-videos/secret-path')
      },
      'the bucket did not answer: TypeError: refused at https://s3.test/…',
    ],
  ])('is tried again if it %s', async (_, answer, error) => {
    const worker = anExportingWorker()
    worker.bucket.respondNext(answer)
    const id = await makeVideoWith(worker)
    expect(await exportOf(worker, id)).toMatchObject({ status: 'pending', error })
    // A 502 asks for a longer wait.
    await worker.passSeconds(8 * minutes)
    expect(await exportOf(worker, id)).toMatchObject({ status: 'exported', error: null })
  })
})

describe('R2 stays the truth', () => {
  it('so a video whose object has changed since is refused by its checksum', async () => {
    const worker = anExportingWorker()
    worker.bucket.respondNext(() => s3Error(500, 'InternalError'))
    const id = await makeVideoWith(worker)
    const object = await bytesInR2(id)
    await env.BUCKET.put(`jobs/${id}/0.mp4`, object.fill(7))
    await worker.passSeconds(1 * minutes)
    expect(await exportOf(worker, id)).toMatchObject({
      status: 'pending',
      error: 'the bucket answered 400 XAmzContentSHA256Mismatch',
    })
    expect(worker.bucket.copies.size).toBe(0)
  })

  it('so a video that is missing there is not copied', async () => {
    const worker = anExportingWorker()
    worker.bucket.respondNext(() => s3Error(500, 'InternalError'))
    const id = await makeVideoWith(worker)
    await env.BUCKET.delete(`jobs/${id}/0.mp4`)
    await worker.passSeconds(1 * minutes)
    expect(await exportOf(worker, id)).toMatchObject({ error: 'the video is missing from R2' })
    expect(worker.bucket.puts).toHaveLength(1)
  })
})

describe('a deployment that stops exporting', () => {
  it('keeps the open exports until it exports again', async () => {
    const worker = anExportingWorker()
    worker.bucket.respondNext(() => s3Error(500, 'InternalError'))
    const id = await makeVideoWith(worker)
    const stopped = createMeteredWorker()
    await stopped.passSeconds(2 * minutes)
    expect(await select('SELECT status, attempts FROM exports WHERE job_id = ?', id)).toEqual([
      { status: 'pending', attempts: 1 },
    ])
    await worker.passSeconds(2 * minutes)
    expect(await exportOf(worker, id)).toMatchObject({ status: 'exported' })
  })
})
