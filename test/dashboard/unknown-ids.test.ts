/** Every page with an id in its path, and ids that name nothing. Some of them are the paths of other routes of the API. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { pages } from '../../src/dashboard/pages.tsx'
import { createApiKey } from '../support/api-keys.ts'
import { type Page, type Visitor, visitorWith } from '../support/pages.ts'

const withId = pages.routes.filter(({ method, path }) => method !== 'ALL' && path.includes('/:id'))
const routes = [...new Set(withId.map(({ method, path }) => `${method} ${path}`))]
const ids = [
  'current',
  'admin',
  'redeliver',
  'series',
  'test',
  'events',
  'x',
  'key_x',
  '%00',
  '%2e%2e%2fx',
  '%',
]

/** Pages, although their path looks like one with an id. The admin key has callbacks, too. */
const known = new Set([...pages.routes.map(({ path }) => path), '/keys/admin/enable-callbacks'])

let people: Visitor[]
beforeAll(async () => {
  people = [await visitorWith(env.ADMIN_API_KEY), await visitorWith((await createApiKey('own')).key)]
})

describe('an id that names nothing', () => {
  it('is tried at every page with an id', () => {
    expect(routes).toEqual(expect.arrayContaining(['GET /keys/:id', 'GET /jobs/:id', 'GET /endpoints/:id']))
  })

  it.each(routes)('is not found, or not allowed: %s', async (route) => {
    const [method = '', path = ''] = route.split(' ')
    for (const person of people)
      for (const id of ids) {
        const filled = path.replace(':id', id).replaceAll(/:\w+/g, '1')
        if (known.has(filled)) continue
        const { status, html } = await answerOf(person, method, filled)
        expect({ filled, status: status === 403 ? 404 : status }).toEqual({ filled, status: 404 })
        expect(html).not.toContain('could not be made')
      }
  })
})

/** Of the page that a redirect leads to. */
async function answerOf(person: Visitor, method: string, path: string): Promise<Page> {
  const page = method === 'POST' ? await person.post(path, {}) : await person.get(path)
  return page.location === null ? page : person.get(page.location)
}
