import { describe, expect, it } from 'vitest'
import { deleteEndpoint, makeEndpoint } from '../../support/endpoints.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, postJob, untilNotified, untilSubmitted } from '../../support/reelhook.ts'
import { countRows, select } from '../../support/storage.ts'
import { failVideo, finish, makeVideo } from '../../support/videos.ts'
import { callerUrl } from '../../support/world.ts'

interface Event {
  id: string
  type: string
  created_at: string
  data: Record<string, unknown>
}

async function eventsOf(id: string): Promise<Event[]> {
  const response = await api(`/v1/jobs/${id}/events`)
  expect(response.status).toBe(200)
  return (await response.json<{ data: Event[] }>()).data
}

describe('the timeline of a job', () => {
  it('begins with its acceptance', async () => {
    const [first] = await eventsOf((await postJob({ provider: ['crun', 'runware'] })).id)
    expect(first).toEqual({
      id: expect.stringMatching(/^evt_[0-9a-z]{26}$/),
      type: 'job.accepted',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      data: {
        model: 'seedance-2.0-mini',
        providers: ['crun', 'runware'],
        choice: { by: 'named' },
        estimates: {
          crun: { credits: 15, source: 'provider_estimate' },
          // Published, so it is known without a call.
          runware: { amount_usd: 0.18, source: 'price_table' },
        },
      },
    })
  })

  it('has every event, oldest first', async () => {
    const { id, outputs } = await makeVideo()
    const events = await eventsOf(id)
    expect(events.map(({ type }) => type)).toEqual([
      'job.accepted',
      'task.submitted',
      'webhook.received',
      'task.succeeded',
      'output.stored',
      'job.succeeded',
    ])
    const times = events.map(({ created_at }) => Date.parse(created_at))
    expect(times).toEqual(times.toSorted((one, two) => one - two))
    expect(events[1]?.data).toMatchObject({ provider: 'runware', provider_task_id: expect.any(String) })
    expect(events[4]?.data).toEqual({
      n: 0,
      via: 'download',
      bytes: outputs[0]?.bytes,
      sha256: outputs[0]?.sha256,
      width: 256,
      height: 144,
      duration_seconds: 3,
      frame_rate: 12,
      video_codec: 'avc',
      audio_codec: 'aac',
      has_audio: true,
    })
  })

  it('ends with the reason why the job failed', async () => {
    const events = await eventsOf((await failVideo()).id)
    expect(events.at(-1)).toMatchObject({
      type: 'job.failed',
      data: { fault: 'generation_failed', message: expect.any(String) },
    })
  })

  it('has a unique id for each event', async () => {
    const ids = (await eventsOf((await makeVideo()).id)).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('the rows of a timeline', () => {
  it('are none for a job with one callback: its end has the id of the delivery', async () => {
    const { id } = await makeVideo()
    const [received] = await untilNotified(id)
    expect(await countRows('events', 'job_id = ?', id)).toBe(0)
    expect((await eventsOf(id)).at(-1)).toMatchObject({
      id: received?.headers['webhook-id'],
      type: 'job.succeeded',
    })
  })

  it('have the body of an event with several deliveries, once', async () => {
    const endpoint = await makeEndpoint(`${callerUrl}/all`, { event_types: ['job.succeeded'] })
    const { id } = await makeVideo()
    const received = await untilNotified(id, 2)
    expect(new Set(received.map(({ body }) => body)).size).toBe(1)
    expect(await select('SELECT type, body FROM events WHERE job_id = ?', id)).toEqual([
      { type: 'job.succeeded', body: received[0]?.body },
    ])
    expect(await countRows('deliveries', 'job_id = ? AND body IS NULL', id)).toBe(2)
    expect((await eventsOf(id)).filter(({ type }) => type === 'job.succeeded')).toHaveLength(1)
    await deleteEndpoint(endpoint)
  })

  it('do not change the ids of entries while the job goes on', async () => {
    const { id } = await postJob({ prompt: 'A paper boat sim(seconds=60)' })
    await untilSubmitted(id)
    const early = await eventsOf(id)
    await finish(id)
    expect((await eventsOf(id)).slice(0, early.length)).toEqual(early)
  })
})

describe('the timeline of an unknown job', () => {
  it('is not found', async () => {
    await expectProblem(await api('/v1/jobs/job_none/events'), 404, 'not_found')
  })
})

describe('a hostile reader of a timeline', () => {
  it('finds no prompt, no secret, no signature and no link', async () => {
    const job = await makeVideo({ prompt: 'A secret paper boat' })
    const text = JSON.stringify(await eventsOf(job.id))
    expect(text).not.toMatch(/secret|whsec_|signature|https?:/)
  })
})
