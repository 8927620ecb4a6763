import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decrypt,
  encrypt,
  encryptionKey,
  sha256,
  sign,
  signingKey,
  type VersionedSecret,
  verify,
  versionOf,
} from '../../../src/core/crypto/derived-keys.ts'

const secret: VersionedSecret = ['a signing secret of thirty-two characters']
const otherSecret: VersionedSecret = ['another signing secret of that length']
/** After a rotation: the new one signs, the one before is still known. */
const rotated: VersionedSecret = [...otherSecret, ...secret]

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
    expect(await sha256(new TextEncoder().encode('abc'))).toBe(await sha256('abc'))
  })
})

describe('when the secret is rotated', () => {
  it('what was signed under the one before is still verified, and what is signed now is signed anew', async () => {
    const [before, now] = [await signingKey(secret, 'links'), await signingKey(rotated, 'links')]
    const [old, fresh] = [await sign(before, 'job'), await sign(now, 'job')]
    expect(fresh).toBe(await sign(await signingKey(otherSecret, 'links'), 'job'))
    expect([await verify(now, 'job', old), await verify(now, 'job', fresh)]).toEqual([true, true])
    expect([await verify(now, 'other', old), await verify(before, 'job', fresh)]).toEqual([false, false])
  })

  it('what was sealed under the one before still opens, and what is sealed now needs the new one alone', async () => {
    const before = await encryptionKey(secret, 'secrets at rest')
    const now = await encryptionKey(rotated, 'secrets at rest')
    const [old, fresh] = [await encrypt(before, 'hush'), await encrypt(now, 'hush')]
    expect([await decrypt(now, old), await decrypt(now, fresh)]).toEqual(['hush', 'hush'])
    expect(await decrypt(await encryptionKey(otherSecret, 'secrets at rest'), fresh)).toBe('hush')
    expect(await decrypt(before, fresh)).toBeNull()
  })

  it('what is sealed names its version, the same after a restart, and tells nothing of the secret', async () => {
    const sealed = await encrypt(await encryptionKey(rotated, 'secrets at rest'), 'hush')
    const version = await versionOf(otherSecret[0])
    expect(version).toMatch(/^[\w-]{8}$/)
    expect(sealed.split('.')).toEqual([version, expect.any(String), expect.any(String)])
    expect(await versionOf(secret[0])).not.toBe(version)
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
    expect(await verify(await signingKey(otherSecret, 'links'), 'job', signature)).toBe(false)
  })

  it('cannot decrypt for another purpose, nor under another secret', async () => {
    const sealed = await encrypt(await encryptionKey(secret, 'secrets at rest'), 'hush')
    expect(await decrypt(await encryptionKey(secret, 'something else'), sealed)).toBeNull()
    expect(await decrypt(await encryptionKey(otherSecret, 'secrets at rest'), sealed)).toBeNull()
  })

  it('never signs with a key that encrypts, though both are for one purpose', async () => {
    const keys = [await signingKey(secret, 'one purpose'), await encryptionKey(secret, 'one purpose')]
    expect(keys.map(([{ key }]) => key.algorithm.name)).toEqual(['HMAC', 'AES-GCM'])
  })

  it('never takes the end of a purpose for the beginning of a secret', async () => {
    const signature = await sign(await signingKey(['b c'], 'a'), 'job')
    expect(await sign(await signingKey(['c'], 'a b'), 'job')).not.toBe(signature)
  })

  it('hands out no key that could be taken away', async () => {
    const keys = [...(await signingKey(rotated, 'links')), ...(await encryptionKey(rotated, 'links'))]
    expect(keys.map(({ key }) => key.extractable)).toEqual([false, false, false, false])
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
    const foreigners = [`v1.${iv}.${text}.`, `${iv}.${text}`, `v1.!.${text}`, 'hush', '']
    for (const foreign of foreigners) {
      await expect(decrypt(key, foreign), foreign).rejects.toThrow()
    }
  })
})
