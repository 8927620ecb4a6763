/** What every provider that signs its webhooks keeps to: `Provider.webhookSignature`. Part of `contract.ts`. */
import { describe, expect, it } from 'vitest'
import type { Fetch } from '../../src/connections.ts'
import { sha256 } from '../../src/core/crypto/derived-keys.ts'
import type { Provider } from '../../src/providers/provider.ts'
import type { SignedWebhook } from '../../src/providers/webhook-signature.ts'
import { aNetwork, nowMs, type Reply } from './a-submission.ts'

/** A pair of keys, by its number. */
type Pair = 0 | 1 | 2

export interface SignedCandidate {
  /** Each time with an address of its own for the public keys, which an isolate remembers. */
  create: (edges: { fetch: Fetch; now: () => number }) => Provider
  sign: (body: string, signedAt: number, pair: Pair) => Promise<Record<string, string>>
  /** The answer with the public keys of these pairs. */
  published: (...pairs: Pair[]) => Promise<Reply>
  /** How long after the receipt, by clocks that differ, and before it, by the provider's repeats, its time may be. */
  toleranceMs: { early: number; late: number }
}

const body = '{"any":"body"}'
const minute = 60_000
const hour = 60 * minute

export function verifiesSignatures({ create, signature }: Parts): void {
  describe('keeps the contract: signatures of webhooks', () => {
    it('are verified if the provider signs', () => {
      const provider = create(aNetwork(new Error('unexpected call')).fetch)
      expect(provider.webhookSignature !== undefined).toBe(signature !== undefined)
    })
    if (signature === undefined) return
    const { sign, published, toleranceMs } = signature

    /** `verify` at a time, of a webhook that was received then. */
    async function aVerifier(...replies: [Reply, ...Reply[]]) {
      let nowIs = nowMs
      const { fetch, sent } = aNetwork(...replies)
      const provider = signature?.create({ fetch, now: () => nowIs })
      const verify = async (at: number, changes: Partial<SignedWebhook> & { pair?: Pair } = {}) => {
        nowIs = at
        const { pair = 0, ...given } = changes
        const receivedAt = given.receivedAt ?? at
        const headers = await sign(body, receivedAt, pair)
        const webhook = { headers, bodyHash: await sha256(body), receivedAt, ...given }
        return provider?.webhookSignature?.verify(webhook)
      }
      return { verify, sent, names: provider?.webhookSignature?.headers ?? [] }
    }

    it('are valid by a published key, and the keys are fetched once a day', async () => {
      const { verify, sent } = await aVerifier(await published(1, 0))
      expect(await verify(nowMs)).toBe('valid')
      expect(await verify(nowMs + 23 * hour, { pair: 1 })).toBe('valid')
      expect(sent).toHaveLength(1)
      expect(await verify(nowMs + 25 * hour)).toBe('valid')
      expect(sent).toHaveLength(2)
      expect(sent.every(({ headers }) => !('authorization' in headers))).toBe(true)
    })

    it('are valid within the tolerance, however late they are verified, and stale beyond it', async () => {
      const { verify } = await aVerifier(await published(0))
      const { early, late } = toleranceMs
      for (const offsetMs of [early, -late]) {
        const headers = await signature.sign(body, nowMs + offsetMs, 0)
        const stale = await signature.sign(body, nowMs + offsetMs + Math.sign(offsetMs) * 1_000, 0)
        expect(await verify(nowMs + hour, { headers, receivedAt: nowMs })).toBe('valid')
        expect(await verify(nowMs + hour, { headers: stale, receivedAt: nowMs })).toBe('invalid')
      }
    })

    it('are invalid for another body, for changed headers, and without one of them', async () => {
      const { verify, names } = await aVerifier(await published(0))
      expect(await verify(nowMs, { bodyHash: await sha256(`${body} `) })).toBe('invalid')
      const headers = await sign(body, nowMs, 0)
      for (const name of names) {
        const { [name]: value = '', ...others } = headers
        expect(await verify(nowMs, { headers: others }), `without ${name}`).toBe('invalid')
        for (const odd of ['', 'x', `${value}0`, `0${value}`, value.slice(1), '9'.repeat(500)]) {
          expect(await verify(nowMs, { headers: { ...others, [name]: odd } }), `${name}: ${odd}`).toBe(
            'invalid',
          )
        }
      }
    })

    it('of an unknown key make it fetch the keys, but not for each webhook', async () => {
      const { verify, sent } = await aVerifier(
        await published(0),
        await published(0, 1),
        await published(0, 1),
      )
      expect(await verify(nowMs)).toBe('valid')
      // The keys are rotated.
      expect(await verify(nowMs + hour, { pair: 1 })).toBe('valid')
      expect(sent).toHaveLength(2)
      for (const second of [1, 2, 3]) {
        const at = nowMs + hour + second * 1_000
        expect(await verify(at, { pair: 2 }), 'the keys may have been rotated since').toBe('undecided')
      }
      expect(sent).toHaveLength(2)
      expect(await verify(nowMs + hour + 2 * minute, { pair: 2, receivedAt: nowMs + hour + 3_000 })).toBe(
        'invalid',
      )
      expect(sent).toHaveLength(3)
    })

    it.each([
      ['a network error', new Error('reset')],
      ['a 500', { status: 500, json: {} }],
      ['no JSON', { text: '<html>' }],
      ['no keys', { json: { keys: [] } }],
      ['odd keys', { json: { keys: [null, { kty: 'OKP' }, { kty: 'OKP', crv: 'Ed25519', x: '!' }] } }],
    ] satisfies [string, Reply][])('are undecided while the keys are unreachable: %s', async (_, reply) => {
      const { verify } = await aVerifier(reply, reply, reply, reply, await published(0))
      expect(await verify(nowMs)).toBe('undecided')
      expect(await verify(nowMs + 1_000)).toBe('undecided')
      expect(await verify(nowMs + 5 * minute, { receivedAt: nowMs })).toBe('valid')
    })

    it('stay valid by known keys while the keys are unreachable, for a day', async () => {
      const { verify } = await aVerifier(await published(0), new Error('reset'))
      expect(await verify(nowMs)).toBe('valid')
      expect(await verify(nowMs + 20 * hour, { pair: 1 })).toBe('undecided')
      expect(await verify(nowMs + 23 * hour)).toBe('valid')
      expect(await verify(nowMs + 25 * hour)).toBe('undecided')
    })
  })
}

interface Parts {
  create: (fetch: Fetch) => Provider
  signature?: SignedCandidate
}
