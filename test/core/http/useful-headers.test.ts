import { describe, expect, it } from 'vitest'
import { maxHeaderBytes, usefulHeaders } from '../../../src/core/http/useful-headers.ts'

function kept(headers: Record<string, string>): Record<string, string> | null {
  const text = usefulHeaders(new Headers(headers))
  return text === null ? null : JSON.parse(text)
}

describe('the headers of an answer that are stored', () => {
  it('show who answered and why', () => {
    expect(
      kept({
        'Content-Type': 'application/json',
        Server: 'cloudflare',
        'CF-Ray': '8f3-FRA',
        'X-Request-Id': '42',
        'X-Reason': 'the workflow is not active',
      }),
    ).toEqual({
      'content-type': 'application/json',
      server: 'cloudflare',
      'x-request-id': '42',
      'cf-ray': '8f3-FRA',
      'x-reason': 'the workflow is not active',
    })
  })

  it.each([
    'set-cookie',
    'date',
    'connection',
    'x-csrf-token',
    'x-api-key',
    'x-auth',
    'nel',
    'x-frame-options',
  ])('leave out %s', (name) => {
    expect(kept({ [name]: 'a value' })).toBeNull()
  })

  it('show where a redirect points, without its query', () => {
    expect(kept({ location: 'https://caller.test/login?token=secret#x' })).toEqual({
      location: 'https://caller.test/login',
    })
  })

  it('are bounded: long values are cut, and what does not fit is left out', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`x-${n}`, 'ä'.repeat(200)]))
    const text = usefulHeaders(new Headers({ ...many, 'content-type': 'text/plain' })) ?? ''
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(maxHeaderBytes)
    expect(JSON.parse(text)).toMatchObject({ 'content-type': 'text/plain', 'x-0': `${'ä'.repeat(120)}…` })
  })

  it('are null without any', () => {
    expect(kept({})).toBeNull()
  })
})
