/** The overview, as a browser without scripts shows it. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { minutes } from '../../src/core/schedule/units.ts'
import { createApiKey } from '../support/api-keys.ts'
import { untilHourStarts } from '../support/minutes.ts'
import { visitorWith } from '../support/pages.ts'
import { emulateDatabase } from '../support/platform/database.ts'
import { select } from '../support/storage.ts'
import { makeVideo } from '../support/videos.ts'
import { world } from '../support/world.ts'

const allOf = (html: string, expression: RegExp) => [...html.matchAll(expression)].map(([, found]) => found)
const titles = (html: string) => allOf(html, /<h3[^>]*>([^<]*)<\/h3>/g)

describe('the overview without a job', () => {
  it('says that everything runs, and offers the first steps that the key may do', async () => {
    const { html } = await (await visitorWith(env.ADMIN_API_KEY)).get('/')
    expect(html).toContain('Everything runs.')
    for (const path of ['/keys/new', '/jobs/new', '/receiver-test']) expect(html).toContain(`href="${path}"`)
    const reader = await createApiKey('reader', { scopes: ['jobs:read'] })
    const { html: seen } = await (await visitorWith(reader.key)).get('/')
    expect(seen).toContain('There is no job yet')
    for (const path of ['/keys/new', '/jobs/new', '/receiver-test']) expect(seen).not.toContain(path)
  })

  it('leads a key that may not read jobs to what it may see', async () => {
    const sender = await createApiKey('sender', { scopes: ['deliveries'] })
    expect(await (await visitorWith(sender.key)).get('/')).toMatchObject({ location: '/deliveries' })
    const writer = await createApiKey('writer', { scopes: ['jobs:write'] })
    expect(await (await visitorWith(writer.key)).get('/')).toMatchObject({ location: '/jobs/new' })
  })
})

describe('the overview', () => {
  it('shows totals, the numbers of each chart as a table, and the latest jobs', async () => {
    // A day that does not begin with an hour has a part of one more.
    await untilHourStarts()
    await world.advance(30 * minutes)
    const { id, status } = await makeVideo()
    const admin = await visitorWith(env.ADMIN_API_KEY)
    const { html } = await admin.get('/')
    expect(titles(html)).toEqual([
      'Jobs per hour',
      'Success rate',
      'Time to finish',
      'Webhooks missed',
      'Money per hour',
    ])
    expect(allOf(html, /<dt>([^<]*)<\/dt>/g)).toContain('Succeeded')
    expect(html).toContain('<dd>100 %</dd>')
    expect(html.match(/<details open="" data-chart/g)).toHaveLength(5)
    expect(html.match(/<tr data-at/g)).toHaveLength(5 * 25)
    expect(html).toContain(`<a href="/jobs/${id}" dir="auto">`)
    expect(html).toContain(status)
    expect(html).not.toContain('style="')
  })

  it('takes its period from the URL, and any other is the last day', async () => {
    const admin = await visitorWith(env.ADMIN_API_KEY)
    const current = async (query: string) => {
      const { html } = await admin.get(`/${query}`)
      const [, path] = /<a href="([^"]*)" aria-current="page">[^<]*(?:hours|days)/.exec(html) ?? []
      return [path, titles(html)[0], titles(html).at(-1)]
    }
    expect(await current('')).toEqual(['/?period=24h', 'Jobs per hour', 'Money per hour'])
    expect(await current('?period=7d')).toEqual(['/?period=7d', 'Jobs per hour', 'Money per day'])
    expect(await current('?period=30d')).toEqual(['/?period=30d', 'Jobs per day', 'Money per day'])
    expect(await current('?period=1y')).toEqual(['/?period=24h', 'Jobs per hour', 'Money per hour'])
  })

  it('says so where a period has nothing to draw', async () => {
    await select("UPDATE counters SET counts = '{}'")
    const { html } = await (await visitorWith(env.ADMIN_API_KEY)).get('/')
    expect(html).toContain('No job succeeded in this period.')
    expect(html).toContain('No provider reported a cost in US dollars.')
    expect(html).not.toContain('data-chart="lines"')
  })

  it('shows the rest if the numbers cannot be read', async () => {
    const { binding, loseAnswers } = emulateDatabase(env.DB)
    loseAnswers((sql) => sql.some((statement) => statement.includes('json_group_object(name')))
    const { status, html } = await (await visitorWith(env.ADMIN_API_KEY, { DB: binding })).get('/')
    expect(status).toBe(200)
    expect(html).toContain('The numbers could not be read.')
    expect(html).toContain('Latest jobs')
    expect(html).not.toContain('data-chart')
  })

  it('counts the disabled callbacks of a revoked key, which the page of the hosts lists', async () => {
    const { id } = await createApiKey('revoked')
    await select("INSERT INTO disabled_callbacks VALUES (?, 'gone.test', 0, 0)", id)
    await select('UPDATE api_keys SET revoked_at = 1 WHERE id = ?', id)
    const admin = await visitorWith(env.ADMIN_API_KEY)
    const { html } = await admin.get('/')
    const { html: hosts } = await admin.get('/deliveries/hosts')
    await select('DELETE FROM disabled_callbacks')
    expect(titles(html)[0]).toBe('Callbacks disabled to 1 host')
    expect(hosts).toContain('<strong>gone.test</strong>')
  })

  it('shows what needs attention in the whole deployment to a key without a project only', async () => {
    await select(
      "INSERT INTO disabled_callbacks (api_key_id, host, failing_since, disabled_at) VALUES ('admin', 'old.test', 0, 0)",
    )
    const [{ html: all }, { html: own }] = await Promise.all([
      (await visitorWith(env.ADMIN_API_KEY)).get('/'),
      (await visitorWith((await createApiKey('shop', { project: 'shop' })).key)).get('/'),
    ])
    expect(titles(all)[0]).toBe('Callbacks disabled to 1 host')
    expect(own).toContain('Nothing of your jobs and deliveries needs attention.')
    expect(own).not.toContain('Everything runs.')
    expect(own).toContain('There is no job yet')
    expect(own).not.toContain('/keys/new')
  })
})
