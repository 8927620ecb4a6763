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
/** After a rotation: the new secret signs, the previous one is still configured. */
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

  it('signs a text the same way after a restart, in characters that are safe in a URL', async () => {
    const signature = await sign(await signingKey(secret, 'links'), 'job')
    expect(await sign(await signingKey(secret, 'links'), 'job')).toBe(signature)
    expect(signature).toMatch(/^[\w-]{43}$/)
  })

  it('decrypts any text that it encrypted', async () => {
    const key = await encryptionKey(secret, 'secrets at rest')
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
        expect(await decrypt(key, await encrypt(key, text))).toBe(text)
      }),
      { numRuns: 30 },
    )
  })

  it('never encrypts a text the same way twice, and never reveals it', async () => {
    const key = await encryptionKey(secret, 'secrets at rest')
    const encrypted = [await encrypt(key, 'whsec_hush'), await encrypt(key, 'whsec_hush')]
    expect(encrypted[0]).not.toBe(encrypted[1])
    expect(encrypted.join()).not.toContain('hush')
  })

  it('hashes text and bytes with SHA-256', async () => {
    expect(await sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(await sha256(new TextEncoder().encode('abc'))).toBe(await sha256('abc'))
  })
})

describe('after the secret is rotated', () => {
  it('signatures under the previous secret are still valid, and new ones use the new secret', async () => {
    const [before, now] = [await signingKey(secret, 'links'), await signingKey(rotated, 'links')]
    const [old, fresh] = [await sign(before, 'job'), await sign(now, 'job')]
    expect(fresh).toBe(await sign(await signingKey(otherSecret, 'links'), 'job'))
    expect([await verify(now, 'job', old), await verify(now, 'job', fresh)]).toEqual([true, true])
    expect([await verify(now, 'other', old), await verify(before, 'job', fresh)]).toEqual([false, false])
  })

  it('ciphertexts under the previous secret can be decrypted, and new ones need only the new secret', async () => {
    const before = await encryptionKey(secret, 'secrets at rest')
    const now = await encryptionKey(rotated, 'secrets at rest')
    const [old, fresh] = [await encrypt(before, 'hush'), await encrypt(now, 'hush')]
    expect([await decrypt(now, old), await decrypt(now, fresh)]).toEqual(['hush', 'hush'])
    expect(await decrypt(await encryptionKey(otherSecret, 'secrets at rest'), fresh)).toBe('hush')
    expect(await decrypt(before, fresh)).toBeNull()
  })

  it('a ciphertext names the version of its secret, which is the same after a restart', async () => {
    const encrypted = await encrypt(await encryptionKey(rotated, 'secrets at rest'), 'hush')
    const version = await versionOf(otherSecret[0])
    expect(version).toMatch(/^[\w-]{8}$/)
    expect(encrypted.split('.')).toEqual([version, expect.any(String), expect.any(String)])
    expect(await versionOf(secret[0])).not.toBe(version)
  })
})

describe('refused', () => {
  it('a signature for one purpose is invalid for every other purpose', async () => {
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

  it('a signature is invalid under another secret', async () => {
    const signature = await sign(await signingKey(secret, 'links'), 'job')
    expect(await verify(await signingKey(otherSecret, 'links'), 'job', signature)).toBe(false)
  })

  it('a ciphertext cannot be decrypted for another purpose or under another secret', async () => {
    const encrypted = await encrypt(await encryptionKey(secret, 'secrets at rest'), 'hush')
    expect(await decrypt(await encryptionKey(secret, 'something else'), encrypted)).toBeNull()
    expect(await decrypt(await encryptionKey(otherSecret, 'secrets at rest'), encrypted)).toBeNull()
  })

  it('the keys that sign and encrypt differ, even for the same purpose', async () => {
    const keys = [await signingKey(secret, 'one purpose'), await encryptionKey(secret, 'one purpose')]
    expect(keys.map(([{ key }]) => key.algorithm.name)).toEqual(['HMAC', 'AES-GCM'])
  })

  it('a purpose and a secret cannot be confused at their boundary', async () => {
    const signature = await sign(await signingKey(['b c'], 'a'), 'job')
    expect(await sign(await signingKey(['c'], 'a b'), 'job')).not.toBe(signature)
  })

  it('no key is extractable', async () => {
    const keys = [...(await signingKey(rotated, 'links')), ...(await encryptionKey(rotated, 'links'))]
    expect(keys.map(({ key }) => key.extractable)).toEqual([false, false, false, false])
  })
})

describe('hostile', () => {
  it.each(['', 'A', 'AAAA', '====', 'not base64!', 'ü', '../..', 'A'.repeat(10_000)])(
    'rejects the forged signature %j',
    async (forged) => {
      expect(await verify(await signingKey(secret, 'links'), 'job', forged)).toBe(false)
    },
  )

  it('rejects another text, and a signature with one changed character', async () => {
    const key = await signingKey(secret, 'links')
    const signature = await sign(key, 'job_1')
    expect(await verify(key, 'job_2', signature)).toBe(false)
    // The last character has two unused bits, so it is tested in signed-spelling.test.ts.
    const forged = Array.from({ length: signature.length - 1 }, (_, at) => {
      const other = signature[at] === 'A' ? 'B' : 'A'
      return signature.slice(0, at) + other + signature.slice(at + 1)
    })
    expect(await Promise.all(forged.map((text) => verify(key, 'job_1', text)))).not.toContain(true)
  })

  it('decrypts nothing that was tampered with', async () => {
    const key = await encryptionKey(secret, 'secrets at rest')
    const [version, iv = '', text = ''] = (await encrypt(key, 'hush')).split('.')
    const flip = (part: string) => (part.startsWith('A') ? 'B' : 'A') + part.slice(1)
    const tampered = [
      `${version}.${flip(iv)}.${text}`,
      `${version}.${iv}.${flip(text)}`,
      `${version}.${iv}.${text.slice(4)}`,
      `${version}.${iv}.`,
    ]
    for (const encrypted of tampered) expect(await decrypt(key, encrypted), encrypted).toBeNull()
  })

  it('throws if a stored secret does not have the expected form', async () => {
    const key = await encryptionKey(secret, 'secrets at rest')
    const [, iv, text] = (await encrypt(key, 'hush')).split('.')
    const malformed = [`v1.${iv}.${text}.`, `${iv}.${text}`, `v1.!.${text}`, 'hush', '']
    for (const stored of malformed) {
      await expect(decrypt(key, stored), stored).rejects.toThrow()
    }
  })
})
