/** The body of a provider's answer, as it is kept and shown. */
import { describe, expect, it } from 'vitest'
import { maxAnswerBytes, redactBody } from '../../../src/core/job/redact-body.ts'

const own = 'https://reelhook.test'
const jobId = 'job_01kbk6v3x6f9ja8c6mphr3z4aw'

function bodyOf(text: string, secrets: string[] = []): string {
  return redactBody(text, secrets).body
}

describe('the kept body of an answer has no token of a URL', () => {
  it.each([
    ['in a query', 'https://h.test/a?token=SECRET', 'https://h.test/a'],
    ['in the user info', 'https://u:SECRET@h.test/a', 'https://h.test/a'],
    ['in a fragment', 'https://h.test/a#SECRET', 'https://h.test/a'],
    [
      'inside another URL',
      'https://h.test/https%3A%2F%2Fi.test%2Fb%3FSECRET',
      'https://h.test/https%3A%2F%2Fi.test%2Fb',
    ],
    ['of our callbacks', `${own}/webhooks/crun/${jobId}/t1-SECRET`, `${own}/webhooks/crun/${jobId}/…`],
    [
      'of our callbacks with a slash after it',
      `${own}/webhooks/crun/${jobId}/t1-SECRET/`,
      `${own}/webhooks/crun/${jobId}/…/`,
    ],
    ['of our uploads', `${own}/uploads/${jobId}/0/t1-SECRET`, `${own}/uploads/${jobId}/0/…`],
    [
      'of our callbacks inside another URL',
      `https://h.test/a/${encodeURIComponent(`${own}/webhooks/crun/${jobId}/SECRET`)}`,
      `https://h.test/a/${encodeURIComponent(`${own}/webhooks/crun/${jobId}/`)}…`,
    ],
    [
      'of our links without the host',
      `/v1/assets/a/content?expires=1&signature=SECRET`,
      `/v1/assets/a/content?expires=1&signature=…`,
    ],
  ])('%s', (_, url, shown) => {
    const nested = JSON.stringify({ param: JSON.stringify({ url, more: JSON.stringify([url]) }), [url]: 1 })
    const shownNested = { param: JSON.stringify({ url: shown, more: JSON.stringify([shown]) }), [shown]: 1 }
    expect(bodyOf(`{ "url": ${JSON.stringify(url)} }`)).toBe(JSON.stringify({ url: shown }))
    expect(JSON.parse(bodyOf(nested))).toEqual(shownNested)
    expect(bodyOf(`<p>No file at ${url} here</p>`)).toBe(`<p>No file at ${shown} here</p>`)
  })

  it.each([
    ['whole JSON', String.raw`{"url":"https:\/\/u:SECRET\u0040h.test\/a\u003ftoken=SECRET"}`],
    [
      'JSON that was cut off',
      String.raw`{"url":"https:\u002f\u002fu:SECRET\u0040h.test\/a\u003Ftoken=SECRET`,
    ],
    ['JSON that is nested too deep', `${'['.repeat(40)}"https://u:SECRET@h.test/a?SECRET"${']'.repeat(40)}`],
  ])('in %s, however it is escaped', (_, text) => {
    const body = bodyOf(text)
    expect(body).toContain('h.test')
    expect(body).not.toContain('SECRET')
  })

  it('in the part of it that is cut off', () => {
    for (let before = maxAnswerBytes - 80; before <= maxAnswerBytes; before++) {
      const { body, isTruncated } = redactBody(
        JSON.stringify({ a: 'x'.repeat(before), b: 'https://user:SECRET@h.test/a?SECRET' }),
      )
      expect(body).not.toContain('SE')
      expect(isTruncated || body.endsWith('"https://h.test/a"}')).toBe(true)
    }
  })
})

describe('the kept body of an answer', () => {
  it('has no credential of the request, wherever it is repeated', () => {
    const text = JSON.stringify({ 'ak_secret-1': ['Bearer ak_secret-1', { why: '{"key":"ak_secret-1"}' }] })
    expect(JSON.parse(bodyOf(text, ['ak_secret-1']))).toEqual({
      '***': ['Bearer ***', { why: '{"key":"***"}' }],
    })
    expect(bodyOf(String.raw`{"key":"ak\u005fsecret-1"}`, ['ak_secret-1'])).toBe('{"key":"***"}')
  })

  it('keeps everything else: the prompt, numbers, null, and text that is no JSON', () => {
    const value = { prompt: 'A boat? [1] {2} #3 @4 "5" 水', n: 1.5, ok: true, none: null, list: [] }
    expect(JSON.parse(bodyOf(JSON.stringify(value)))).toEqual(value)
    expect(bodyOf('<html>Bad gateway</html>')).toBe('<html>Bad gateway</html>')
    expect(redactBody('')).toEqual({ body: '', isTruncated: false })
  })

  it.each(['x', 'é', '水', '🚢'])('of %s only is cut between two characters', (letter) => {
    const bytes = new TextEncoder().encode(letter).length
    for (const start of ['', 'a', 'aa', 'aaa']) {
      const { body, isTruncated } = redactBody(start + letter.repeat(maxAnswerBytes + 1))
      const count = Math.floor((maxAnswerBytes - start.length) / bytes)
      expect([body, isTruncated]).toEqual([start + letter.repeat(count), true])
    }
  })

  it('is whole up to its limit', () => {
    expect(redactBody('x'.repeat(maxAnswerBytes)).isTruncated).toBe(false)
    expect(redactBody('x'.repeat(maxAnswerBytes + 1)).isTruncated).toBe(true)
  })

  it('of megabytes is redacted as far as it is kept', () => {
    const text = JSON.stringify({ url: 'https://h.test/a?SECRET', media: `data:${'A'.repeat(3_000_000)}` })
    const { body, isTruncated } = redactBody(text)
    expect(body.startsWith('{"url":"https://h.test/a","media":"data:AAA')).toBe(true)
    expect(isTruncated).toBe(true)
    expect(redactBody(`https://h.test/a?${'S'.repeat(100_000)}`)).toEqual({
      body: 'https://h.test/a',
      isTruncated: true,
    })
  })

  it('has no half of a surrogate pair', () => {
    expect(bodyOf('a\ud800b').isWellFormed()).toBe(true)
    expect(bodyOf('{"a":"\\ud800"}').isWellFormed()).toBe(true)
  })
})
