/** The static files of the pages. */
import { describe, expect, it } from 'vitest'
import { visitor } from '../support/pages.ts'

const { get, send } = visitor('')

describe('a static file', () => {
  it.each([
    ['base.css', 'text/css'],
    ['base.js', 'text/javascript'],
    ['uplot.min.js', 'text/javascript'],
    ['icon.svg', 'image/svg+xml'],
  ])('%s has the type %s, needs no session, and is revalidated at each use', async (name, type) => {
    const { status, headers } = await get(`/static/${name}`)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toContain(type)
    expect(headers.get('cache-control')).toBe('no-cache')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-request-id')).toBeNull()
  })

  it('is not sent again to a browser that has it', async () => {
    const etag = (await get('/static/base.css')).headers.get('etag') ?? ''
    expect(etag).not.toBe('')
    const again = await send('/static/base.css', { headers: { 'if-none-match': etag } })
    expect(again).toMatchObject({ status: 304, html: '' })
    expect(again.headers.get('cache-control')).toBe('no-cache')
  })

  it('can be asked for with HEAD, and with no other method', async () => {
    expect(await send('/static/base.css', { method: 'HEAD' })).toMatchObject({ status: 200, html: '' })
    expect(await send('/static/base.css', { method: 'POST' })).toMatchObject({ status: 404 })
  })

  it.each([
    '/static',
    '/static/',
    '/static/nothing.css',
    '/static/base',
    '/static/..%2fbase.css',
    '/static/%2e%2e%2fwrangler.toml',
    '/static/..%5c..%5cwrangler.toml',
    '/static//base.css',
    '/static/base.css/',
    '/static/base.css%00',
    '/base.css',
  ])('does not exist at %s', async (path) => {
    const { status, html } = await get(path)
    expect(status).toBe(404)
    expect(html).not.toContain('--page')
  })
})
