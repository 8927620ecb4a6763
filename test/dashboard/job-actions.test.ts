/** The buttons on the page of a job: who sees them, what they do, and what the page says if they fail. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../support/api-keys.ts'
import { deliveriesOf, notifyOnce, untilDelivery } from '../support/deliveries.ts'
import { canceled } from '../support/job-calls.ts'
import { type Visitor, visitorWith } from '../support/pages.ts'
import { aKeyOf, makeRows } from '../support/projects.ts'
import { api, getJob, postJob, untilNotified } from '../support/reelhook.ts'
import { postWithoutWakeUp } from '../support/runtime.ts'
import { countRows } from '../support/storage.ts'
import { failVideo, makeVideo } from '../support/videos.ts'

const noCallback = { callback_url: undefined, callback_secret: undefined }

let admin: Visitor

beforeAll(async () => {
  admin = await visitorWith(env.ADMIN_API_KEY)
})

const aVideo = () => makeVideo({ ...noCallback })

/** The hidden field of the form that retries. */
async function retryField(id: string): Promise<Record<string, string>> {
  const { html } = await admin.get(`/jobs/${id}`)
  const value = /name="retry" value="([^"]*)"/.exec(html)?.[1]
  if (value === undefined) throw new Error('the page has no form that retries')
  return { retry: value }
}

describe('a job', () => {
  it('is canceled, and its page says so', async () => {
    const { id } = await postWithoutWakeUp()
    const { status, location } = await admin.post(`/jobs/${id}/cancel`, {})
    expect([status, location]).toEqual([303, `/jobs/${id}?notice=canceled`])
    expect((await getJob(id)).status).toBe('canceled')
    expect((await admin.get(location ?? '')).html).toMatch(/role="status">\s*The job was canceled/)
  })

  it('that has ended cannot be canceled: its page shows the problem', async () => {
    const { id } = await aVideo()
    const { status, html } = await admin.post(`/jobs/${id}/cancel`, {})
    expect(status).toBe(409)
    expect(html).toContain('The job has already ended')
    expect(html).toContain('The video is ready.')
  })

  it('is retried once by a form that is sent twice, and again by the form of the next page', async () => {
    const { id } = await failVideo()
    const form = await retryField(id)
    const [one, two] = [
      await admin.post(`/jobs/${id}/retry`, form),
      await admin.post(`/jobs/${id}/retry`, form),
    ]
    expect(one.status).toBe(303)
    expect(one.location).toMatch(/^\/jobs\/job_\w+\?notice=retried$/)
    expect(two.location).toBe(one.location)
    expect(await countRows('jobs', 'retry_of = ?', id)).toBe(1)
    expect((await admin.get(one.location ?? '')).html).toContain('is billed again')
    await admin.post(`/jobs/${id}/retry`, await retryField(id))
    expect(await countRows('jobs', 'retry_of = ?', id)).toBe(2)
  })

  it('that has succeeded cannot be retried', async () => {
    const { id } = await aVideo()
    const { status, html } = await admin.post(`/jobs/${id}/retry`, { retry: 'page 0' })
    expect(status).toBe(409)
    expect(html).toContain('Create a new job for another video.')
  })

  it('gets a new link, which opens without a key and expires as chosen', async () => {
    const { id } = await aVideo()
    const { status, html } = await admin.post(`/jobs/${id}/links`, { expires_in_seconds: '3600' })
    expect(status).toBe(200)
    const shown = html.slice(html.indexOf('A new link'), html.indexOf('class="first"'))
    const link = /<code>([^<]+signature=[^<]+)<\/code>/.exec(shown)?.[1]?.replaceAll('&amp;', '&')
    const { pathname, search, searchParams } = new URL(link ?? '')
    const response = await api(pathname + search, { headers: { authorization: '' } })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'video/mp4'])
    expect(Number(searchParams.get('expires')) - Date.now() / 1_000).toBeLessThan(4_000)
    expect(html).not.toContain('data-stream')
  })

  it.each(['0', '', 'x', '99999999'])(
    'gets no link for %j seconds: its page shows the problem',
    async (seconds) => {
      const { id } = await aVideo()
      const { status, html } = await admin.post(`/jobs/${id}/links`, { expires_in_seconds: seconds })
      expect(status).toBe(422)
      expect(html).toContain('expires_in_seconds')
      expect(html).toContain('The video is ready.')
    },
  )

  it('sends a failed delivery again', async () => {
    const { id: deliveryId, job_id } = await notifyOnce(() => new Response('no such boat', { status: 410 }))
    const { html } = await admin.get(`/jobs/${job_id}`)
    expect(html).toContain(`<a href="/deliveries/${deliveryId}">job.failed</a>`)
    expect(html).toContain('410')
    const { location } = await admin.post(`/jobs/${job_id}/redeliver`, { delivery_id: deliveryId })
    expect(location).toBe(`/jobs/${job_id}?notice=redelivered`)
    await untilNotified(job_id, 2)
    await untilDelivery(job_id, ({ status }) => status === 'delivered')
  })

  it('shows the problem of a delivery that does not exist', async () => {
    const { id } = await aVideo()
    const { status, html } = await admin.post(`/jobs/${id}/redeliver`, { delivery_id: 'dlv_x' })
    expect(status).toBe(404)
    expect(html).toContain('There is no such delivery.')
    expect(html).toContain('The video is ready.')
  })

  it('is shown if the address of one of its forms is loaded again', async () => {
    for (const form of ['cancel', 'retry', 'links', 'redeliver'])
      expect(await admin.get(`/jobs/job_x/${form}`)).toMatchObject({ status: 303, location: '/jobs/job_x' })
  })

  it('is changed by no form of a page of another origin', async () => {
    const { id } = await postWithoutWakeUp()
    for (const form of ['cancel', 'retry', 'links', 'redeliver', 'delete']) {
      const headers = { origin: 'https://evil.test' }
      const { status, html } = await admin.post(`/jobs/${id}/${form}`, {}, headers)
      expect([form, status]).toEqual([form, 403])
      expect(html).toContain('This form was not sent by our page')
    }
    expect((await getJob(id)).status).toBe('queued')
  })
})

describe('the deletion of a job', () => {
  it('is asked for on a page that says what is lost', async () => {
    const { id } = await aVideo()
    const { html } = await admin.get(`/jobs/${id}/delete`)
    expect(html).toMatch(/This cannot be undone.<\/strong> It deletes its video \([\d.]+ KB\)/)
    expect((await getJob(id)).status).toBe('succeeded')
  })

  it('leads to the list, and leaves nothing', async () => {
    const { id } = await aVideo()
    const { status, location } = await admin.post(`/jobs/${id}/delete`, {})
    expect([status, location]).toEqual([303, '/jobs?notice=deleted'])
    expect((await admin.get(`/jobs/${id}`)).status).toBe(404)
    expect((await admin.post(`/jobs/${id}/delete`, {})).status).toBe(404)
  })

  it('is refused before the end of the job', async () => {
    const { id } = await postWithoutWakeUp()
    expect((await admin.get(`/jobs/${id}/delete`)).html).toContain('Cancel it first.')
    const { status, html } = await admin.post(`/jobs/${id}/delete`, {})
    expect(status).toBe(409)
    expect(html).toContain('The job has not ended yet')
  })

  it('asks again if a receiver would miss an event', async () => {
    const { job_id: id } = await notifyOnce(() => new Response('', { status: 500 }))
    const refused = await admin.post(`/jobs/${id}/delete`, {})
    expect(refused.status).toBe(409)
    expect(refused.html).toContain('name="force"')
    expect((await admin.get(`/jobs/${id}/delete`)).html).not.toContain('name="force"')
    expect((await admin.post(`/jobs/${id}/delete`, { force: 'true' })).status).toBe(303)
  })
})

describe('a key', () => {
  it('that may only read sees the video and no button, and its forms are refused', async () => {
    const { id } = await failVideo()
    const { id: running } = await postWithoutWakeUp()
    const reader = await visitorWith((await createApiKey('reads', { scopes: ['jobs:read'] })).key)
    for (const job of [id, running]) {
      const { html, status } = await reader.get(`/jobs/${job}`)
      expect(status).toBe(200)
      expect(html).not.toContain(`action="/jobs/`)
      expect(html).not.toContain('Delete')
      expect(html).not.toContain('id="deliveries"')
    }
    expect((await reader.post(`/jobs/${running}/cancel`, {})).status).toBe(403)
    expect((await reader.post(`/jobs/${id}/retry`, { retry: 'page 0' })).status).toBe(403)
    expect((await getJob(running)).status).toBe('queued')
  })

  it('with deliveries and without jobs:write may send again, and not cancel', async () => {
    const { id: deliveryId, job_id } = await notifyOnce(() => new Response('', { status: 410 }))
    const key = await createApiKey('delivers', { scopes: ['jobs:read', 'deliveries'] })
    const { html } = await (await visitorWith(key.key)).get(`/jobs/${job_id}`)
    expect(html).toContain(`value="${deliveryId}"`)
    expect(html).not.toContain('>Retry<')
  })

  it('of another project finds nothing', async () => {
    const shop = await aKeyOf('shop')
    const stranger = await visitorWith((await aKeyOf('studio')).key)
    const { jobs, assets, deliveries } = await makeRows(shop)
    for (const id of Object.values(jobs)) {
      for (const path of ['', '/delete', '/outputs/0', `/inputs/${assets.embedded}`])
        expect((await stranger.get(`/jobs/${id}${path}`)).status).toBe(404)
      const fields = { expires_in_seconds: '60', delivery_id: deliveries[0] ?? '', retry: 'page 0' }
      for (const form of ['cancel', 'retry', 'links', 'redeliver', 'delete'])
        expect((await stranger.post(`/jobs/${id}/${form}`, fields)).status).toBe(404)
    }
    const own = await visitorWith(shop.key)
    expect((await own.get(`/jobs/${jobs.made}`)).html).toContain('The video is ready.')
    expect((await own.get(`/jobs/${jobs.made}/inputs/${assets.embedded}`)).status).toBe(200)
  })
})

describe('the video of a job', () => {
  it('comes from the own host, in ranges, to people who have signed in', async () => {
    const { id, outputs } = await aVideo()
    const whole = await admin.get(`/jobs/${id}/outputs/0`)
    expect(whole.status).toBe(200)
    expect(whole.headers.get('access-control-allow-origin')).toBeNull()
    expect(whole.headers.get('cache-control')).toBe('private, no-cache')
    const some = await admin.get(`/jobs/${id}/outputs/0`, { range: 'bytes=10-19' })
    expect([some.status, some.headers.get('content-range')]).toEqual([
      206,
      `bytes 10-19/${outputs[0]?.bytes}`,
    ])
    const seen = { 'if-none-match': whole.headers.get('etag') ?? '' }
    expect((await admin.get(`/jobs/${id}/outputs/0`, seen)).status).toBe(304)
    const saved = await admin.get(`/jobs/${id}/outputs/0?download=1`)
    expect(saved.headers.get('content-disposition')).toBe(`attachment; filename="${id}-0.mp4"`)
    expect((await admin.get(`/jobs/${id}/outputs/1`)).status).toBe(404)
  })
})

it('an event without a receiver leaves no delivery, and the page says so', async () => {
  const { id } = await postJob({ ...noCallback })
  await canceled(id)
  expect(await deliveriesOf(id)).toEqual([])
  expect((await admin.get(`/jobs/${id}`)).html).toContain('no event that has happened has a receiver')
})
