import { describe, expect, it } from 'vitest'
import { api } from '../../support/reelhook.ts'
import { publishedKeys } from '../../support/second-opinions.ts'

const path = '/.well-known/webhook-keys.json'

describe('the public keys of the deployment', () => {
  it('are a JWK set, each key also in the format of Standard Webhooks', async () => {
    const response = await api(path)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await response.json()).toEqual({
      keys: [
        {
          kty: 'OKP',
          crv: 'Ed25519',
          x: expect.stringMatching(/^[\w-]{43}$/),
          alg: 'EdDSA',
          use: 'sig',
          kid: expect.stringMatching(/^[\w-]{43}$/),
          whpk: expect.stringMatching(/^whpk_[A-Za-z0-9+/]{43}=$/),
          status: 'current',
        },
      ],
    })
  })

  it('are the same key in both formats', async () => {
    const [key] = await publishedKeys()
    const standard = (key?.x ?? '').replaceAll('-', '+').replaceAll('_', '/')
    expect(key?.whpk).toBe(`whpk_${standard}=`)
  })

  it('need no API key, and are cacheable for an hour', async () => {
    const response = await api(path, { headers: { authorization: '' } })
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('public, max-age=3600')
  })

  it('contain no private key and no secret', async () => {
    const text = await (await api(path)).text()
    expect(text).not.toMatch(/"d"|whsk_|whsec_/)
  })
})
