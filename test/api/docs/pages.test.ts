/** GET /docs and the page of each problem: complete, without scripts, and open to everyone. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { problemCodes, problemKinds } from '../../../src/api/problems.ts'
import { scopes } from '../../../src/core/access.ts'
import { eventTypes } from '../../../src/core/event.ts'
import { faultCodes } from '../../../src/core/fault.ts'
import { ask } from '../../support/api-call.ts'
import { expectProblem } from '../../support/problem.ts'
import { api } from '../../support/reelhook.ts'
import { publicBaseUrl } from '../../support/world.ts'

const withoutKey = { headers: { authorization: '' } }

let response: Response
let html: string
let ids: string[]

beforeAll(async () => {
  response = await api('/docs', withoutKey)
  html = await response.text()
  ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id)
})

describe('the reference page', () => {
  it('has every operation, event, problem, fault and schema of the description, at a link of its own', async () => {
    const { paths, components } = await (await api('/openapi.json', withoutKey)).json<{
      paths: Record<string, Record<string, { operationId: string }>>
      components: { schemas: object }
    }>()
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods))
    expect(ids).toEqual(expect.arrayContaining(operations.map(({ operationId }) => operationId)))
    expect(ids).toEqual(expect.arrayContaining(eventTypes.map((type) => `event-${type}`)))
    expect(ids).toEqual(expect.arrayContaining(problemCodes.map((code) => `problem-${code}`)))
    expect(ids).toEqual(expect.arrayContaining(faultCodes.map((code) => `fault-${code}`)))
    expect(ids).toEqual(
      expect.arrayContaining(Object.keys(components.schemas).map((name) => `schema-${name}`)),
    )
  })

  it('has each id once, and each of its links leads somewhere', () => {
    expect(ids.length).toBe(new Set(ids).size)
    const targets = [...html.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id)
    expect(targets.filter((id) => !ids.includes(id ?? ''))).toEqual([])
  })

  it('lists each allowed value of a field once', () => {
    const lists = [...html.matchAll(/>(?:One of|Or) ((?:<code>[^<]*<\/code>(?:, )?)+)/g)]
    const values = lists.map(([, list = '']) => list.split(', '))
    expect(values.flat()).toContain('<code>cheapest</code>')
    expect(values.filter((list) => list.length > new Set(list).size)).toEqual([])
  })

  it('allows no script and no foreign style, and has none', () => {
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    )
    expect(html).not.toMatch(/<script|\sstyle=|\son\w+=/)
    expect([...html.matchAll(/<style>/g)]).toHaveLength(1)
  })

  it('allows exactly its own style', async () => {
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? ''
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style)))
    expect(response.headers.get('content-security-policy')).toContain(`'sha256-${hash.toBase64()}'`)
  })

  it('shows the deployment in its examples', () => {
    expect(html).toContain(`curl &#39;${publicBaseUrl}/v1/jobs&#39;`)
    expect(html).toContain(`${publicBaseUrl}/.well-known/webhook-keys.json`)
    expect(html).not.toContain('undefined')
  })

  it('shows no Markdown, except in code', () => {
    const code = /<(style|pre|code)\b.*?<\/\1>|<span class="limits">.*?<\/span>/gs
    const texts = html.replaceAll(code, '').split(/<[^>]*>|\n/)
    const markdown = /[`|]|\*\*\w|\]\(|^\s*(?:#+|[-*+>]|\d+\.) /
    expect(texts.filter((text) => markdown.test(text))).toEqual([])
  })

  it('has the scopes as a table', () => {
    const table = /<table>.*?<\/table>/s.exec(html)?.[0]
    expect(table).toContain('<tr><th scope="col">scope</th><th scope="col">operations</th></tr>')
    for (const scope of scopes) expect(table).toContain(`<tr><td><code>${scope}</code></td><td>`)
  })

  it('escapes the texts of the description', () => {
    expect(html).toContain('Authorization: Bearer &lt;api key&gt;')
    expect(html).not.toContain('<api key>')
  })
})

describe('the page of a problem', () => {
  it.each(problemCodes)('is at the type of the problem (%s)', async (code) => {
    const page = await api(`/docs/problems/${code}`, withoutKey)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toMatch(/^text\/html/)
    const text = await page.text()
    expect(text).toContain(`<h1><code>${code}</code></h1>`)
    expect(text).toContain(`<b>${problemKinds[code].status}</b> ${problemKinds[code].title}.`)
  })

  it.each(['nothing', 'constructor', 'Pruned', 'pruned%00'])('does not exist for %s', async (code) => {
    await expectProblem(await api(`/docs/problems/${code}`, withoutKey), 404, 'not_found')
  })
})

describe('a deployment with invalid settings', () => {
  const settings = { SIGNING_SECRET: 'short', ADMIN_API_KEY: env.ADMIN_API_KEY }

  it('refuses a request with a problem whose type opens', async () => {
    const { type } = await expectProblem(await ask('/v1/jobs', {}, settings), 503, 'misconfigured')
    const page = await ask(new URL(type).pathname, {}, settings)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('<code>misconfigured</code>')
  })

  it.each(['/docs', '/openapi.json'])('shows %s', async (path) => {
    expect((await ask(path, {}, settings)).status).toBe(200)
  })
})
