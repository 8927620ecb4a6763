import { describe, expect, it } from 'vitest'
import { keyPairOf } from '../../src/core/crypto/key-pair.ts'
import { signatureHeaders } from '../../src/deliveries/sign.ts'

/** The test vectors of the standard's reference libraries: each secret with its signature. */
const eventId = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
const atMs = 1_614_265_330_000
const body = '{"test": 2432232314}'
const symmetric = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}
const asymmetric = {
  seed: 'VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=',
  signature: 'v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==',
}

async function aPair() {
  return keyPairOf(Uint8Array.from(atob(asymmetric.seed), (character) => character.charCodeAt(0)))
}

describe('the test vectors of the standard', () => {
  it('match the v1 signature', async () => {
    const headers = await signatureHeaders({ secrets: [symmetric.secret], pairs: [] }, eventId, body, atMs)
    expect(headers).toEqual({
      'webhook-id': eventId,
      'webhook-timestamp': '1614265330',
      'webhook-signature': symmetric.signature,
    })
  })

  it('match the v1a signature', async () => {
    const headers = await signatureHeaders({ secrets: [], pairs: [await aPair()] }, eventId, body, atMs)
    expect(headers['webhook-signature']).toBe(asymmetric.signature)
  })

  it('match both signatures in one header, v1 first', async () => {
    const signers = { secrets: [symmetric.secret], pairs: [await aPair()] }
    const headers = await signatureHeaders(signers, eventId, body, atMs)
    expect(headers['webhook-signature']).toBe(`${symmetric.signature} ${asymmetric.signature}`)
  })
})

describe('a signature', () => {
  it('carries the second of the attempt as its timestamp', async () => {
    const headers = await signatureHeaders(
      { secrets: [symmetric.secret], pairs: [] },
      eventId,
      body,
      atMs + 999,
    )
    expect(headers['webhook-signature']).toBe(symmetric.signature)
  })

  it('covers the UTF-8 bytes of a body in any script', async () => {
    const signers = { secrets: [symmetric.secret], pairs: [await aPair()] }
    const [one, other] = await Promise.all(
      ['{"prompt":"船"}', '{"prompt":"?"}'].map((text) => signatureHeaders(signers, eventId, text, atMs)),
    )
    expect(one?.['webhook-signature']).not.toBe(other?.['webhook-signature'])
  })
})
