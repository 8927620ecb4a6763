import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decrypt,
  encrypt,
  encryptionKey,
  sha256,
  sign,
  signingKey,
  toHex,
  verify,
} from '../../src/core/keys.ts'

const secret = 'a signing secret of thirty-two characters'

describe('happy', () => {
  it('verifies what it signed', async () => {
    const key = await signingKey(secret, 'links')
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        expect(await verify(key, text, await sign(key, text))).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('signs the same text the same way after a restart, in signs that fit into a URL', async () => {
    const signature = await sign(await signingKey(secret, 'links'), 'job')
    expect(await sign(await signingKey(secret, 'links'), 'job')).toBe(signature)
    expect(signature).toMatch(/^[\w-]{43}$/)
  })

  it('gives back what it encrypted, whatever the text', async () => {
    const key = await encryptionKey(secret, 'secrets at rest')
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
        expect(await decrypt(key, await encrypt(key, text))).toBe(text)
      }),
      { numRuns: 30 },
    )
  })

  it('never encrypts one text the same way twice, and never shows it', async () => {
    const key = await encryptionKey(secret, 'secrets at rest')
    const sealed = [await encrypt(key, 'whsec_hush'), await encrypt(key, 'whsec_hush')]
    expect(sealed[0]).not.toBe(sealed[1])
    expect(sealed.join()).not.toContain('hush')
  })

  it('hashes as everybody does', async () => {
    expect(await sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(toHex(new Uint8Array([0, 1, 171, 255]))).toBe('0001abff')
  })
})

describe('refused', () => {
  it('never verifies a signature of one purpose under another', async () => {
    const purposes = ['provider webhooks', 'links', 'assets', '']
    const signatures = await Promise.all(
      purposes.map(async (purpose) => sign(await signingKey(secret, purpose), 'job')),
    )
    expect(new Set(signatures).size).toBe(purposes.length)
    const [first] = signatures
    const others = purposes
      .slice(1)
      .map(async (purpose) => verify(await signingKey(secret, purpose), 'job', first ?? ''))
    expect(await Promise.all(others)).toEqual([false, false, false])
  })

  it('never verifies under another secret', async () => {
    const signature = await sign(await signingKey(secret, 'links'), 'job')
    expect(await verify(await signingKey(`${secret}!`, 'links'), 'job', signature)).toBe(false)
  })

  it('cannot decrypt for another purpose, nor under another secret', async () => {
    const sealed = await encrypt(await encryptionKey(secret, 'secrets at rest'), 'hush')
    expect(await decrypt(await encryptionKey(secret, 'something else'), sealed)).toBeNull()
    expect(await decrypt(await encryptionKey(`${secret}!`, 'secrets at rest'), sealed)).toBeNull()
  })

  it('never signs with a key that encrypts, though both are for one purpose', async () => {
    const keys = [await signingKey(secret, 'one purpose'), await encryptionKey(secret, 'one purpose')]
    expect(keys.map(({ algorithm }) => algorithm.name)).toEqual(['HMAC', 'AES-GCM'])
  })

  it('never takes the end of a purpose for the beginning of a secret', async () => {
    const signature = await sign(await signingKey('b c', 'a'), 'job')
    expect(await sign(await signingKey('c', 'a b'), 'job')).not.toBe(signature)
  })

  it('hands out no key that could be taken away', async () => {
    expect((await signingKey(secret, 'links')).extractable).toBe(false)
    expect((await encryptionKey(secret, 'links')).extractable).toBe(false)
  })
})

describe('hostile', () => {
  it.each(['', 'A', 'AAAA', '====', 'not base64!', 'ü', '../..', 'A'.repeat(10_000)])(
    'says no to the forged signature %j',
    async (forged) => {
      expect(await verify(await signingKey(secret, 'links'), 'job', forged)).toBe(false)
    },
  )

  it('says no to any other text, and to any signature with one sign changed', async () => {
    const key = await signingKey(secret, 'links')
    const signature = await sign(key, 'job_1')
    expect(await verify(key, 'job_2', signature)).toBe(false)
    // The last sign carries two bits that mean nothing; every other one counts.
    const forged = Array.from({ length: signature.length - 1 }, (_, at) => {
      const other = signature[at] === 'A' ? 'B' : 'A'
      return signature.slice(0, at) + other + signature.slice(at + 1)
    })
    expect(await Promise.all(forged.map((text) => verify(key, 'job_1', text)))).not.toContain(true)
  })

  it('opens nothing that has been tampered with', async () => {
    const key = await encryptionKey(secret, 'secrets at rest')
    const [version, iv = '', text = ''] = (await encrypt(key, 'hush')).split('.')
    const flip = (part: string) => (part.startsWith('A') ? 'B' : 'A') + part.slice(1)
    const tampered = [
      `${version}.${flip(iv)}.${text}`,
      `${version}.${iv}.${flip(text)}`,
      `${version}.${iv}.${text.slice(4)}`,
      `${version}.${iv}.`,
    ]
    for (const sealed of tampered) expect(await decrypt(key, sealed), sealed).toBeNull()
  })

  it('throws over what was never encrypted here', async () => {
    const key = await encryptionKey(secret, 'secrets at rest')
    const [, iv, text] = (await encrypt(key, 'hush')).split('.')
    for (const foreign of [`v2.${iv}.${text}`, `${iv}.${text}`, `v1.!.${text}`, 'hush', '']) {
      await expect(decrypt(key, foreign), foreign).rejects.toThrow()
    }
  })
})
