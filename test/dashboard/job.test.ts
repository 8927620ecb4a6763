/** The page of one job: what it says in each state. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { maxStreamsPerKey } from '../../src/core/schedule/watch.ts'
import { pruneEnded } from '../../src/engine/upkeep/prune.ts'
import { createApiKey } from '../support/api-keys.ts'
import { anAsset } from '../support/assets.ts'
import { canceled, erase, retried } from '../support/job-calls.ts'
import { aJobOutOfTime, untilChecked } from '../support/late.ts'
import { type Visitor, visitorWith } from '../support/pages.ts'
import { emulateDatabase } from '../support/platform/database.ts'
import { api, postJob, timelineOf, untilStatus, untilSubmitted } from '../support/reelhook.ts'
import { aNotifiedVideo, days } from '../support/retention.ts'
import { aContext, postWithoutWakeUp } from '../support/runtime.ts'
import { failVideo, makeVideo } from '../support/videos.ts'
import { createWaitingWorker } from '../support/waiting.ts'
import { world } from '../support/world.ts'

const noCallback = { callback_url: undefined, callback_secret: undefined }

let admin: Visitor

beforeAll(async () => {
  admin = await visitorWith(env.ADMIN_API_KEY)
})

async function pageOf(id: string, visitor = admin): Promise<string> {
  const { status, html } = await visitor.get(`/jobs/${id}`)
  expect(status).toBe(200)
  return html
}

/** The part of the page with this id. */
function part(html: string, id: string): string {
  const from = html.indexOf(`id="${id}"`)
  expect(from).toBeGreaterThan(0)
  return html.slice(from, html.indexOf('data-live', from + id.length + 20))
}

describe('the page of a job', () => {
  it('that is queued says so, follows it, and offers to cancel it', async () => {
    const { id } = await postWithoutWakeUp()
    const html = await pageOf(id)
    expect(html).toContain('The job waits until runware accepts it.')
    expect(html).toMatch(new RegExp(`data-stream="/live/jobs/${id}\\?after=evt_\\w+"`))
    expect(html).toContain('The video appears here as soon as it is stored.')
    expect(html).toContain('Cancel now')
    expect(html).not.toContain('>Retry<')
    expect(html).not.toContain('<progress')
  })

  it('that is generated shows the progress', async () => {
    const { id } = await postJob({ prompt: 'A paper boat sim(seconds=100)', ...noCallback })
    await untilSubmitted(id)
    await env.DB.prepare('UPDATE jobs SET progress = 45 WHERE id = ?').bind(id).run()
    const html = await pageOf(id)
    expect(html).toContain('runware is making the video.')
    expect(html).toMatch(/<progress max="100" value="45"[^>]*><\/progress><span>45 %/)
    await env.DB.prepare("UPDATE jobs SET progress = NULL, status = 'storing' WHERE id = ?").bind(id).run()
    const storing = await pageOf(id)
    expect(storing).toContain('The video is made, and is being copied.')
    expect(storing).toMatch(/<progress max="100" aria-label="Progress of storing">/)
  })

  it('that has succeeded plays its four videos, and no longer follows the job', async () => {
    const { id, outputs } = await makeVideo({ count: 4, ...noCallback })
    const html = await pageOf(id)
    expect(html).toContain('All 4 videos are ready.')
    for (const { n, sha256 } of outputs) {
      expect(html).toContain(`src="/jobs/${id}/outputs/${n}"`)
      expect(html).toContain(`/jobs/${id}/outputs/${n}?download=1`)
      expect(html).toContain(String(sha256))
    }
    expect(html.match(/<video /g)).toHaveLength(4)
    expect(html).not.toContain('data-stream')
    expect(html).not.toContain('Cancel now')
    expect(html).not.toContain('>Retry<')
  })

  it('has a player whose text stays the same while everything else changes', async () => {
    const { id } = await makeVideo({ ...noCallback })
    const before = part(await pageOf(id), 'video-0')
    await world.advance(60_000)
    expect(part(await pageOf(id), 'video-0')).toBe(before)
    expect(before).not.toContain('signature')
  })

  it('that the provider failed says what happened, the money, and what to do', async () => {
    const { id, fault, cost } = await failVideo()
    const html = await pageOf(id)
    expect(html).toContain('The provider could not make the video.')
    expect(html).toContain(fault?.remedy)
    expect(html).toContain(cost === null ? 'Money may have been spent' : 'money was spent')
    expect(html).toContain('There is no video.')
    expect(html).toContain('It probably fails again')
  })

  it('that was refused says that nothing was spent', async () => {
    const { id } = await postJob({ prompt: 'A paper boat sim(submit=402)' })
    await untilStatus(id, 'failed')
    const html = await pageOf(id)
    expect(html).toContain('The account at the provider has no credit left.')
    expect(html).toContain('No money was spent.')
    expect(html).toContain('Top up the account at the provider.')
  })

  it('that failed in part shows what is there and what is not', async () => {
    const { id } = await failVideo({ count: 4, prompt: 'A paper boat sim(fail=some)' })
    const html = await pageOf(id)
    expect(html).toMatch(/\d of 4 videos (is|are) ready. The others failed./)
    expect(html).toContain(`src="/jobs/${id}/outputs/`)
  })

  it('that was canceled says whether it may be billed', async () => {
    const { id } = await postWithoutWakeUp()
    const { cancellation } = await canceled(id)
    const html = await pageOf(id)
    expect(html).toContain('The job was canceled.')
    expect(html).toContain(cancellation?.message)
    expect(html).toMatch(/class="primary">Retry/)
  })

  it('that its provider did not cancel says so, and what may be billed', async () => {
    const prompt = 'A paper boat sim(seconds=600)'
    const { id } = await postJob({ provider: 'byteplus', prompt, ...noCallback })
    await untilSubmitted(id)
    await world.advance(60_000)
    await canceled(id)
    await vi.waitFor(async () => expect(await timelineOf(id)).toContain('task.not_canceled'), 60_000)
    const html = await pageOf(id)
    expect(html).toContain('The job was canceled, but may still be billed.')
    const state = part(html, 'state')
    expect(state).toContain('byteplus does not cancel a task that it has begun.')
    expect(state).toContain('<strong>byteplus has the task: it may be made and billed.</strong>')
    expect(state).toMatch(/The estimate for the job at byteplus was \$\d/)
  })

  it('of a late video waits for it, and then says that it is late', async () => {
    const id = await aJobOutOfTime('runware')
    const waiting = await pageOf(id)
    expect(waiting).toContain('The video was not ready by the deadline.')
    expect(waiting).toContain('If runware finishes the video before')
    expect(waiting).toContain('data-stream')
    await world.advance(10 * 60_000)
    await untilChecked(id)
    const html = await pageOf(id)
    expect(html).toContain('The job failed at its deadline, but its video came later.')
    expect(html).toContain('Late: the provider finished this video after the deadline.')
    expect(html).toContain(`src="/jobs/${id}/outputs/0"`)
  })

  it('that was retried names its retry, and the retry names it', async () => {
    const { id } = await failVideo()
    const { id: next } = await retried(id)
    expect(await pageOf(next)).toContain(`<a href="/jobs/${id}">${id}</a>`)
    expect(part(await pageOf(id), 'state')).toContain(`<a href="/jobs/${next}">${next}</a>`)
  })

  it('says that unknown costs are unknown, and shows the estimate and each task', async () => {
    const { id } = await failVideo()
    const html = await pageOf(id)
    expect(part(html, 'cost')).toContain('before it was sent')
    expect(part(html, 'cost')).toContain('>failed<')
  })

  it('shows the published price of a provider that took over', async () => {
    const prompt = 'A paper boat sim(at=crun, submit=402)'
    const { id } = await postJob({ provider: ['crun', 'runware'], prompt, ...noCallback })
    await untilSubmitted(id)
    const cost = part(await pageOf(id), 'cost')
    expect(cost).toContain('$0.18, an estimate from published prices, before it was sent')
  })

  it('says which parts could not be read', async () => {
    const { id } = await makeVideo()
    const { binding, loseAnswers } = emulateDatabase(env.DB)
    loseAnswers((sql) => sql.some((statement) => statement.includes('from "deliveries"')))
    const html = await pageOf(id, await visitorWith(env.ADMIN_API_KEY, { DB: binding }))
    expect(html).toContain('The timeline is not complete')
    expect(html).toContain('The deliveries could not be read.')
    expect(await pageOf(id)).not.toMatch(/not complete|could not be read/)
  })

  it('of an erased job, or of none, says that there is none', async () => {
    const { id } = await makeVideo({ ...noCallback })
    await erase(id)
    for (const gone of [id, 'job_00000000000000000000000000', 'x', '..%2F..%2F1']) {
      const { status, html } = await admin.get(`/jobs/${gone}`)
      expect([gone, status]).toEqual([gone, 404])
      expect(html).toContain('There is no such job')
    }
  })
})

describe('the request on the page', () => {
  it('shows the inputs: an upload as a picture, a file of another host as a link', async () => {
    const asset = await anAsset()
    const foreign = 'https://example.com/boat.png?a=b&c=d'
    const { id } = await postJob({ reference_images: [asset.id, foreign], ...noCallback })
    const html = await pageOf(id)
    expect(html).toContain(`<img src="/jobs/${id}/inputs/${asset.id}" alt="Reference image 1"`)
    expect(html).toContain('<a href="https://example.com/boat.png?a=b&amp;c=d" rel="noreferrer"')
    expect(html).not.toContain('src="https://')
    const file = await admin.get(`/jobs/${id}/inputs/${asset.id}`)
    expect([file.status, file.headers.get('content-type')]).toEqual([200, 'image/png'])
  })

  it('escapes every text of the caller, and keeps its direction', async () => {
    const evil = '<script>alert(1)</script>"\'><img src=x onerror=alert(1)>'
    const { id } = await postJob({
      prompt: `${evil} \u0642\u0627\u0631\u0628`,
      metadata: { '<b>order</b>': evil },
      ...noCallback,
    })
    const html = await pageOf(id)
    expect(html).not.toContain('<script>alert')
    expect(html).not.toContain('<img src=x')
    expect(html).not.toContain('<b>order')
    expect(html).toContain('class="prompt" dir="auto"')
  })

  it('folds a long prompt, and keeps all of it', async () => {
    const prompt = 'boat '.repeat(2_000).trim()
    const { id } = await postJob({ prompt, ...noCallback })
    const html = await pageOf(id)
    expect(html).toContain('(9,999 characters)')
    expect(html).toContain(`dir="auto">${prompt}</p>`)
    expect(html).toMatch(/<h1 dir="auto">.{60,90}…<\/h1>/)
  })

  it('shows the names of the callback headers only, and no secret', async () => {
    const headers = { authorization: 'Bearer the-token-of-the-caller' }
    const { id } = await postJob({ callback_headers: headers })
    const html = await pageOf(id)
    expect(html).toContain('authorization (the values are never shown)')
    expect(html).not.toContain('the-token-of-the-caller')
    expect(html).not.toContain('whsec_')
    expect(html).not.toContain(env.ADMIN_API_KEY)
    expect(html).toContain('$REELHOOK_API_KEY')
  })

  it('hides the tokens of URLs from a key that has not posted the job', async () => {
    const { id } = await postJob({ callback_url: 'https://caller.test/hook?token=of-the-caller' })
    const other = await createApiKey('reads', { scopes: ['jobs:read'] })
    expect(await pageOf(id)).toContain('of-the-caller')
    expect(await pageOf(id, await visitorWith(other.key))).not.toContain('of-the-caller')
  })
})

describe('the stream of the page', () => {
  it('says that something has changed, never what, and where to continue', async () => {
    const { id } = await failVideo({ prompt: 'A paper boat sim(fail=provider)', ...noCallback })
    const { status, headers, html } = await admin.get(`/live/jobs/${id}`)
    expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    expect(html).toMatch(/^(?:(?:: still here|id: evt_\w+\ndata: changed)\n\n)+$/)
    const [lastId = ''] = html.match(/evt_\w+/g)?.slice(-1) ?? []
    expect((await api(`/v1/jobs/${id}/events`).then((response) => response.text())).includes(lastId)).toBe(
      true,
    )
    const again = await admin.get(`/live/jobs/${id}?after=${lastId}`)
    expect(again.html).toBe('retry: 15000\n\n')
    const resumed = await admin.get(`/live/jobs/${id}`, { 'last-event-id': lastId })
    expect(resumed.html).toBe(again.html)
  })

  it('makes room for another at once when its browser leaves', async () => {
    const { id } = await postWithoutWakeUp()
    const { request } = createWaitingWorker()
    const browser = new AbortController()
    const init = { headers: { cookie: admin.cookie }, signal: browser.signal }
    for (let n = 0; n < maxStreamsPerKey; n++)
      expect((await request(`/live/jobs/${id}`, init)).status).toBe(200)
    const another = { headers: { cookie: admin.cookie } }
    expect((await request(`/live/jobs/${id}`, another)).status).toBe(429)
    browser.abort()
    expect((await request(`/live/jobs/${id}`, another)).status).toBe(200)
  })

  it('is none for a job that does not exist', async () => {
    expect((await admin.get('/live/jobs/job_x')).status).toBe(404)
  })
})

// Last, because the clock stays a month ahead.
it('the page of a pruned job says that its details were deleted, and sends nothing again', async () => {
  const id = await aNotifiedVideo()
  await world.advance(31 * days)
  const context = aContext()
  await pruneEnded(context, context.db)
  // The session has ended, too.
  const html = await pageOf(id, await visitorWith(env.ADMIN_API_KEY))
  expect(html).toContain('Details deleted')
  expect(html).not.toContain('Send again')
  expect(html).toContain(`src="/jobs/${id}/outputs/0"`)
})
