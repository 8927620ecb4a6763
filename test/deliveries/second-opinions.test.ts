/** These tests never advance the clock: the published packages compare a timestamp with the machine's time. */
import { beforeAll, describe, expect, it } from 'vitest'
import { signatureHeaders } from '../../src/deliveries/sign.ts'
import { callbackSecret, type Received } from '../support/caller.ts'
import { notifyOfFailure } from '../support/deliveries.ts'
import { untilNotified } from '../support/reelhook.ts'
import { isSignedBy, isVerified, packages, publishedKeys } from '../support/second-opinions.ts'

const otherSecret = `whsec_${btoa('another thirty-two bytes of it..')}`

let received: Received

beforeAll(async () => {
  const [first] = await untilNotified(await notifyOfFailure())
  if (first === undefined) throw new Error('the caller received nothing')
  received = first
})

describe.each(packages)('the published package %s', (_, verify) => {
  it('verifies a delivery whose header carries v1 and v1a together', async () => {
    expect(received.headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1a,[A-Za-z0-9+/]{86}==$/)
    expect(await isVerified(verify, callbackSecret, received.body, received.headers)).toBe(true)
  })

  it('verifies a delivery signed with several secrets, by each of them', async () => {
    const signers = { secrets: [otherSecret, callbackSecret], pairs: [] }
    const headers = await signatureHeaders(signers, 'evt_1', received.body, Date.now())
    expect(await isVerified(verify, callbackSecret, received.body, headers)).toBe(true)
    expect(await isVerified(verify, otherSecret, received.body, headers)).toBe(true)
  })

  const laterBySeconds = (seconds: number) => ({
    'webhook-timestamp': String(Number(received.headers['webhook-timestamp']) + seconds),
  })
  it.each<[string, () => [secret: string, body: string, changed: Record<string, string>]]>([
    ['under another secret', () => [otherSecret, received.body, {}]],
    ['with another body', () => [callbackSecret, `${received.body} `, {}]],
    ['under another id', () => [callbackSecret, received.body, { 'webhook-id': 'evt_other' }]],
    ['at another time', () => [callbackSecret, received.body, laterBySeconds(1)]],
    [
      'with the v1a signature alone',
      () => [callbackSecret, received.body, { 'webhook-signature': v1aOf(received) }],
    ],
  ])('refuses a delivery %s', async (_, change) => {
    const [secret, body, changed] = change()
    expect(await isVerified(verify, secret, body, { ...received.headers, ...changed })).toBe(false)
  })

  it('refuses a delivery that is correctly signed, but an hour old', async () => {
    const signers = { secrets: [callbackSecret], pairs: [] }
    const headers = await signatureHeaders(signers, 'evt_1', received.body, Date.now() - 3_600_000)
    expect(await isVerified(verify, callbackSecret, received.body, headers)).toBe(false)
  })
})

describe('the published key', () => {
  it('verifies a delivery without any secret', async () => {
    const [key, ...others] = await publishedKeys()
    expect(others).toEqual([])
    expect(await isSignedBy(key?.whpk ?? '', received.body, received.headers)).toBe(true)
  })

  it('refuses another body, another id, another time, and a v1 signature alone', async () => {
    const whpk = (await publishedKeys())[0]?.whpk ?? ''
    const changes = [
      { 'webhook-id': 'evt_other' },
      { 'webhook-timestamp': '1' },
      { 'webhook-signature': received.headers['webhook-signature']?.split(' ')[0] ?? '' },
    ]
    expect(await isSignedBy(whpk, `${received.body} `, received.headers)).toBe(false)
    for (const change of changes) {
      expect(await isSignedBy(whpk, received.body, { ...received.headers, ...change })).toBe(false)
    }
  })
})

describe('the other headers of a delivery', () => {
  it('have the form that the standard specifies', () => {
    expect(received.headers['webhook-id']).toMatch(/^evt_[0-9a-z]{26}$/)
    expect(received.headers['webhook-timestamp']).toMatch(/^\d{10}$/)
    expect(received.headers['content-type']).toBe('application/json')
  })
})

function v1aOf({ headers }: Received): string {
  return headers['webhook-signature']?.split(' ').find((one) => one.startsWith('v1a,')) ?? ''
}
