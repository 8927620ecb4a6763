import { describe, expect, it } from 'vitest'
import { fromBase64Url, type VersionedSecret } from '../../../src/core/crypto/derived-keys.ts'
import { keyPairOf, keyPairs, publicJwk, signWith } from '../../../src/core/crypto/key-pair.ts'

const secret: VersionedSecret = ['a signing secret of thirty-two characters']
const otherSecret: VersionedSecret = ['another signing secret of that length']

describe('a key pair', () => {
  it('has the public key, thumbprint and signature of RFC 8037, A.1 to A.4', async () => {
    const seed = fromBase64Url('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A') ?? new Uint8Array()
    const pair = await keyPairOf(seed)
    expect(publicJwk(pair.publicKey)).toEqual({
      crv: 'Ed25519',
      kty: 'OKP',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    })
    expect(pair.id).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
    expect(await signWith(pair, 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc')).toBe(
      'hgyY0il/MGCjP0JzlnLWG1PPOt7+09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr/MuM0KAg==',
    )
  })

  it('is the same for the same SIGNING_SECRET, and differs for another one', async () => {
    const ids = await Promise.all(
      [secret, secret, otherSecret].map(async (one) => (await keyPairs(one))[0]?.id),
    )
    expect(ids[0]).toBe(ids[1])
    expect(ids[2]).not.toBe(ids[0])
  })

  it('is listed after the new one while SIGNING_SECRET is rotated', async () => {
    const [before, after] = [await keyPairs(secret), await keyPairs([...otherSecret, ...secret])]
    expect(after.map(({ id }) => id)).toEqual([(await keyPairs(otherSecret))[0]?.id, before[0]?.id])
  })

  it('has a private key that is not extractable', async () => {
    const [pair] = await keyPairs(secret)
    expect(pair?.privateKey.extractable).toBe(false)
    expect(pair?.privateKey.usages).toEqual(['sign'])
  })

  it.each([0, 31, 33])('is refused for a seed of %i bytes', async (count) => {
    await expect(keyPairOf(new Uint8Array(count))).rejects.toThrow()
  })
})
