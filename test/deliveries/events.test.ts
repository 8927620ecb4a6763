/** The events before the end of a job: that it is generating, and each stored output. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { deliveriesOf, notifyOfFailure } from '../support/deliveries.ts'
import { makeEndpoint } from '../support/endpoints.ts'
import { api, getJob, postJob, untilNotified, untilSubmitted } from '../support/reelhook.ts'
import { select } from '../support/storage.ts'
import { finish, makeVideo } from '../support/videos.ts'
import { callerUrl, world } from '../support/world.ts'

beforeEach(async () => {
  await select('DELETE FROM endpoints')
})

const everything = ['job.generating', 'output.stored', 'job.succeeded', 'job.failed', 'job.canceled']

/** The events received for a job, in the order of their timestamps. */
async function eventsFor(jobId: string, count: number) {
  const received = await untilNotified(jobId, count)
  return received
    .map(({ body, headers }) => ({ ...JSON.parse(body), id: headers['webhook-id'] }))
    .sort((a, b) => a.id.localeCompare(b.id))
}

describe('a caller that subscribes to every event', () => {
  it('receives that the job is generating, its output, and its end', async () => {
    const { id } = await makeVideo({ callback_events: everything })
    const events = await eventsFor(id, 3)
    expect(events.map(({ type, data }) => [type, data.status])).toEqual([
      ['job.generating', 'generating'],
      ['output.stored', 'storing'],
      ['job.succeeded', 'succeeded'],
    ])
    const [generating, stored, succeeded] = events
    expect(generating.data.tasks).toMatchObject([{ provider: 'runware', status: 'submitted' }])
    expect(stored.data.output).toEqual(succeeded.data.outputs[0])
    expect(succeeded.data).toEqual(await getJob(id))
  })

  it('receives each output of several, and once that the job is generating', async () => {
    const { id } = await makeVideo({ callback_events: everything, count: 3, provider: 'crun' })
    const events = await eventsFor(id, 5)
    const types = events.map(({ type }) => type).sort()
    expect(types).toEqual([
      'job.generating',
      'job.succeeded',
      'output.stored',
      'output.stored',
      'output.stored',
    ])
    const numbers = events.flatMap(({ data }) => data.output?.n ?? [])
    expect(numbers.sort()).toEqual([0, 1, 2])
  })

  it('receives an event before the end: while the video is generating', async () => {
    const { id } = await postJob({ callback_events: ['job.generating'] })
    await untilSubmitted(id)
    const [event] = await eventsFor(id, 1)
    expect(event).toMatchObject({ type: 'job.generating', data: { id, settled_at: null, outputs: [] } })
    await finish(id)
  })

  it('finds each event on the timeline, under the id of its webhook', async () => {
    const { id } = await makeVideo({ callback_events: everything })
    const events = await eventsFor(id, 3)
    const timeline = await api(`/v1/jobs/${id}/events`)
    const { data } = await timeline.json<{ data: { id: string; type: string }[] }>()
    const typeOf = new Map(data.map((event) => [event.id, event.type]))
    expect(events.map((event) => typeOf.get(event.id))).toEqual([
      'task.submitted',
      'output.stored',
      'job.succeeded',
    ])
  })
})

describe('a caller that subscribes to nothing in particular', () => {
  it('receives the end only', async () => {
    const { id } = await makeVideo()
    await untilNotified(id)
    expect((await deliveriesOf(id)).map(({ event_type }) => event_type)).toEqual(['job.succeeded'])
  })

  it('does not receive that a job is generating which no provider accepted', async () => {
    const id = await notifyOfFailure({ callback_events: everything })
    expect((await deliveriesOf(id)).map(({ event_type }) => event_type)).toEqual(['job.failed'])
  })
})

describe('an endpoint that subscribes to outputs', () => {
  it('receives them, whatever the job subscribes to', async () => {
    await makeEndpoint(`${callerUrl}/outputs`, { event_types: ['output.stored'] })
    const { id } = await makeVideo({ callback_url: undefined, callback_secret: undefined })
    const [event] = await eventsFor(id, 1)
    expect(event).toMatchObject({ type: 'output.stored', data: { id, output: { n: 0, status: 'stored' } } })
    await vi.waitUntil(async () => (await deliveriesOf(id)).every(({ status }) => status === 'delivered'), {
      timeout: 60_000,
    })
    expect(world.caller.receivedFor(id)).toHaveLength(1)
  })
})
