import { describe, expect, it } from 'vitest'
import { classifyResponse, noResponse } from '../../src/deliveries/classify.ts'
import { withoutValues } from '../../src/deliveries/hidden-values.ts'

const token = 'SECRET/very+private=='
const headers = { authorization: `Bearer ${token}`, 'x-tool': 'boats', 'x-quote': 'a"SECRET"' }
const url = 'https://caller.test/hook'

function answered(body: string, init: ResponseInit = {}) {
  return withoutValues(classifyResponse(url, new Response(null, init), body, 0), headers)
}

describe('an answer that repeats the headers of the callback is kept without their values', () => {
  it.each([
    [`you sent authorization: Bearer ${token}, x-tool: boats`, 'you sent authorization: ***, x-tool: boats'],
    [`${token} ${token}`, '*** ***'],
    [JSON.stringify(headers), '{"authorization":"***","x-tool":"boats","x-quote":"***"}'],
    [String.raw`{"token":"SECRET\/very+private=="}`, '{"token":"***"}'],
    [`?token=${encodeURIComponent(token)}`, '?token=***'],
    [`it was cut: Bearer ${token.slice(0, 9)}`, 'it was cut: Bearer ***'],
    ['Bearer', 'Bearer'],
    ['nothing of them', 'nothing of them'],
    ['', ''],
  ])('%s', (body, kept) => {
    expect(answered(body).responseBody).toBe(kept)
  })

  it('in its headers, which are cut too, and in the target of a redirect', () => {
    const location = `https://caller.test/in/${token}/x`
    const long = `${'x'.repeat(110)}${token}`
    const { responseHeaders, redirect } = answered('', {
      status: 302,
      headers: { location, 'x-echo': `Bearer ${token}`, 'x-long': long },
    })
    expect(JSON.parse(responseHeaders ?? '')).toEqual({
      location: 'https://caller.test/in/***/x',
      'x-echo': '***',
      'x-long': `${'x'.repeat(110)}***…`,
    })
    expect(redirect).toEqual({ host: 'caller.test', path: '/in/***/x' })
  })

  it('in the error of a network', () => {
    expect(withoutValues(noResponse(`bad header ${token}`), headers).error).toBe('bad header ***')
  })
})

it('an answer to a callback without headers stays as it is', () => {
  const attempted = noResponse('reset')
  expect(withoutValues(attempted, {})).toBe(attempted)
})
