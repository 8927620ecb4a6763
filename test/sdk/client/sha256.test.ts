/** The hash of a stream against that of Web Crypto. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSha256, hashInScript } from '../../../src/sdk/client/sha256.ts'

async function ofWebCrypto(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex')
}

const parts = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 })

describe('the SHA-256 of a stream', () => {
  it('is that of Web Crypto, however the bytes are divided', async () => {
    await fc.assert(
      fc.asyncProperty(parts, async (chunks) => {
        const hash = hashInScript()
        for (const chunk of chunks) await hash.update(chunk)
        const whole = new Uint8Array(Buffer.concat(chunks))
        expect(await hash.digest()).toBe(await ofWebCrypto(whole))
      }),
    )
  })

  it.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1_000_003])(
    'is that of Web Crypto for %i bytes',
    async (length) => {
      const bytes = Uint8Array.from({ length }, (_, n) => n * 31)
      const hash = hashInScript()
      await hash.update(bytes)
      expect(await hash.digest()).toBe(await ofWebCrypto(bytes))
    },
  )

  it('is made by the script where the runtime has no stream that hashes', async () => {
    expect('DigestStream' in crypto).toBe(false)
    const hash = createSha256()
    await hash.update(new TextEncoder().encode('abc'))
    expect(await hash.digest()).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})
