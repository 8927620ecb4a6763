/** The page with the list of jobs: what it says for each list, filter, key and trouble. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { JobView } from '../../src/core/job/view-schema.ts'
import { Jobs } from '../../src/dashboard/jobs/list-parts.tsx'
import { deadDatabase } from '../support/api-call.ts'
import { createApiKey } from '../support/api-keys.ts'
import { type Visitor, visitorWith } from '../support/pages.ts'
import { aKeyOf } from '../support/projects.ts'
import { postJob } from '../support/reelhook.ts'
import { failVideo, makeVideo } from '../support/videos.ts'

let admin: Visitor
/** Of another project than the jobs: for it there is none. */
let stranger: Visitor
const jobs: Record<'failed' | 'boat' | 'arabic', JobView[]> = { failed: [], boat: [], arabic: [] }

const html = '<b>A boat</b>'
const arabic = 'قارب ورقي ينجرف في مجرى مطري'

beforeAll(async () => {
  admin = await visitorWith(env.ADMIN_API_KEY)
  stranger = await visitorWith((await aKeyOf('shop')).key)
  jobs.failed.push(await failVideo({ metadata: { order: '1' } }))
  jobs.boat.push(await makeVideo({ prompt: html, metadata: { order: '2', a: 'x', b: 'x', c: 'x', d: '"&' } }))
  jobs.arabic.push(await postJob({ prompt: arabic.repeat(100), provider: 'crun', metadata: {} }))
})

const idOf = (kind: keyof typeof jobs) => jobs[kind][0]?.id ?? 'none'

/** The ids of the rows, in their order. */
function rowsOf(page: { html: string }): string[] {
  return [...page.html.matchAll(/href="\/jobs\/(job_[0-9a-z]{26})"/g)].map(([, id]) => id ?? '')
}

describe('a row', () => {
  it('links to its job, newest first', async () => {
    expect(rowsOf(await admin.get('/jobs'))).toEqual([idOf('arabic'), idOf('boat'), idOf('failed')])
  })

  it('shows the start of a long prompt, in its own direction', async () => {
    const { html: page } = await admin.get('/jobs?provider=crun')
    const [, shown = ''] = /dir="auto">(قارب[^<]*)<\/a>/.exec(page) ?? []
    expect(shown).toHaveLength(161)
    expect(shown.endsWith('…')).toBe(true)
  })

  it('escapes what a caller wrote, and shows the first entries of the metadata', async () => {
    const { html: page } = await admin.get('/jobs?metadata=order%3D2')
    expect(page).toContain('&lt;b&gt;A boat&lt;/b&gt;')
    expect(page).not.toContain(html)
    expect(page).toContain('order=2')
    expect(page).toContain('and 2 more')
  })

  it('shows the status, why it failed, the cost and how long it took', async () => {
    const failed = (await admin.get('/jobs?status=failed')).html
    expect(failed).toContain('<span class="status bad">failed</span>')
    expect(failed).toContain(jobs.failed[0]?.fault?.code)
    const succeeded = (await admin.get('/jobs?status=succeeded')).html
    expect(succeeded).toMatch(/\$0\.\d+/)
    expect(succeeded).toMatch(/took \d+/)
  })

  it('has a link to its video for the picture only if there is one, on this host', async () => {
    const { html: page } = await admin.get('/jobs')
    const links = [...page.matchAll(/<data data-job="([^"]+)" value="([^"]+)"/g)]
    expect(links.map(([, id]) => id)).toEqual([idOf('boat')])
    expect(links[0]?.[2]).toMatch(new RegExp(`^/v1/jobs/${idOf('boat')}/outputs/0/`))
  })

  it('stays the same text while nothing changes, so that a look replaces nothing', async () => {
    const list = async () => /<div id="list".*<\/main>/s.exec((await admin.get('/jobs')).html)?.[0]
    expect(await list()).toBe(await list())
  })
})

describe('filters', () => {
  it('are in the fields again, and each is a link to the list without it', async () => {
    const page = await admin.get('/jobs?status=failed&metadata=order%3D1&created_after=2020-01-01T10:00')
    expect(rowsOf(page)).toEqual([idOf('failed')])
    expect(page.html).toContain('<option value="failed" selected="">')
    expect(page.html).toContain('value="order=1"')
    expect(page.html).toContain('value="2020-01-01T10:00"')
    expect(page.html).toContain('href="/jobs?status=failed&amp;created_after=2020-01-01T10%3A00"')
    expect(page.html).toContain('href="/jobs?metadata=order%3D1&amp;created_after=2020-01-01T10%3A00"')
  })

  it('that the form leaves empty are not in the URL to keep', async () => {
    const { location } = await admin.get('/jobs?q=&status=failed&provider=&metadata=&limit=')
    expect(location).toBe('/jobs?status=failed')
  })

  it('of several entries of metadata find the jobs that have all', async () => {
    expect(rowsOf(await admin.get('/jobs?metadata=order%3D2&metadata=a%3Dx'))).toEqual([idOf('boat')])
    expect(rowsOf(await admin.get('/jobs?metadata=order%3D1&metadata=a%3Dx'))).toEqual([])
  })

  it('that no job matches can be cleared', async () => {
    const { html: page } = await admin.get('/jobs?status=canceled')
    expect(page).toContain('No job matches these filters')
    expect(page).toContain('<a href="/jobs">Clear all filters</a>')
  })

  it('that are wrong have the faults of the API at their fields', async () => {
    const page = await admin.get(
      '/jobs?status=nope&metadata=a%3D1&metadata=a%3D2&stauts=x&created_after=yesterday',
    )
    expect(page.status).toBe(422)
    for (const name of ['status', 'metadata', 'created_after'])
      expect(page.html).toContain(`id="${name}-fault"`)
    expect(page.html).toContain('has unknown parameters: stauts')
    expect(page.html).not.toContain('data-stream')
  })

  it('with an entry of metadata without a key have a fault too', async () => {
    const page = await admin.get('/jobs?metadata=order')
    expect(page.status).toBe(422)
    expect(page.html).toContain('must be key=value, not order')
  })
})

describe('the search', () => {
  it('opens what an id names, and keeps the filters for metadata', async () => {
    const id = idOf('boat')
    expect((await admin.get(`/jobs?q=+${id}+&status=failed`)).location).toBe(`/jobs/${id}`)
    expect((await admin.get('/jobs?status=failed&q=order%3D1&metadata=')).location).toBe(
      '/jobs?status=failed&metadata=order%3D1',
    )
  })

  it('explains what can be found by, and lists the jobs without it', async () => {
    const page = await admin.get('/jobs?q=paper+%3Cb%3E&status=failed')
    expect(page.html).toContain('Nothing can be found by <b dir="auto">paper &lt;b&gt;</b>')
    expect(rowsOf(page)).toEqual([idOf('failed')])
  })
})

describe('pages', () => {
  it('lead to older jobs and back to the newest, with the filters', async () => {
    const first = await admin.get('/jobs?metadata=&limit=1&model=seedance-2.0-mini')
    const page = await admin.get(first.location ?? '')
    expect(rowsOf(page)).toEqual([idOf('arabic')])
    expect(page.html).not.toContain('Newest</a>')
    const [, older = ''] = /<a href="([^"]+)" rel="next">/.exec(page.html) ?? []
    const next = await admin.get(older.replaceAll('&amp;', '&'))
    expect(rowsOf(next)).toEqual([idOf('boat')])
    expect(next.html).toContain('<a href="/jobs?limit=1&amp;model=seedance-2.0-mini">Newest</a>')
  })

  it('after the last job say so', async () => {
    const { html: page } = await admin.get(`/jobs?cursor=${idOf('failed')}`)
    expect(page).toContain('There are no older jobs')
    expect(page).toContain('<a href="/jobs">Newest</a>')
  })

  it('without a row, but with older jobs to look at, lead further', () => {
    const page = { data: [], next_cursor: idOf('boat') }
    const list = String(Jobs({ c: undefined as never, page, filters: [['status', 'failed']] }))
    expect(list).toContain('There are older jobs')
    expect(list).toContain(`href="/jobs?status=failed&amp;cursor=${idOf('boat')}" rel="next"`)
  })

  it('are live only if they are the first', async () => {
    const first = await admin.get('/jobs?status=failed&provider=runware')
    expect(first.html).toContain(
      'data-stream="/live/events?types=job.generating%2Cjob.succeeded%2Cjob.failed%2Cjob.canceled&amp;provider=runware"',
    )
    const older = await admin.get(`/jobs?cursor=${idOf('boat')}`)
    expect(rowsOf(older)).toEqual([idOf('failed')])
    expect(older.html).not.toContain('data-stream')
    expect(older.html).not.toContain('<div id="list" data-live')
  })
})

describe('keys', () => {
  it('of another project see no job, and how to make the first', async () => {
    const page = await stranger.get('/jobs')
    expect(rowsOf(page)).toEqual([])
    expect(page.html).toContain('There is no job yet in the project shop')
    expect(page.html).toContain('href="/jobs/new"')
    expect(page.html).toContain('curl &#39;https://reelhook.test/v1/jobs&#39;')
    expect(page.html).not.toContain(html.slice(3, 9))
  })

  it('that may only read jobs are not offered to make one', async () => {
    const { key } = await createApiKey('reads', { project: 'empty', scopes: ['jobs:read'] })
    const { html: page } = await (await visitorWith(key)).get('/jobs')
    expect(page).toContain('A key with the scope jobs:write can create one')
    expect(page).not.toContain('href="/jobs/new"')
  })

  it('that may not read jobs get the problem', async () => {
    const { key } = await createApiKey('deliveries only', { scopes: ['deliveries'] })
    const page = await (await visitorWith(key)).get('/jobs')
    expect(page.status).toBe(403)
    expect(page.html).not.toContain('job_')
  })
})

it('says that the database is not available, keeps the filters and offers to try again', async () => {
  const visitor = await visitorWith(env.ADMIN_API_KEY, { DB: deadDatabase as never })
  const page = await visitor.get('/jobs?status=failed')
  expect(page.status).toBe(503)
  expect(page.html).toContain('role="alert"')
  expect(page.html).toContain('<option value="failed" selected="">')
  expect(page.html).toMatch(/href="\/jobs\?status=failed">\s*Try again/)
})
