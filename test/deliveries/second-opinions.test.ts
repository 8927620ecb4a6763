/** These tests never advance the clock: the published packages compare a timestamp with the machine's time. */
import { beforeAll, describe, expect, it } from 'vitest'
import { signatureHeaders } from '../../src/deliveries/sign.ts'
import { callbackSecret, type Received } from '../support/caller.ts'
import { tellOfFailure } from '../support/deliveries.ts'
import { untilTold } from '../support/reelhook.ts'
import { isSignedBy, isVerified, packages, publishedKeys } from '../support/second-opinions.ts'

const otherSecret = `whsec_${btoa('another thirty-two bytes of it..')}`

let told: Received

beforeAll(async () => {
  const [first] = await untilTold(await tellOfFailure())
  if (first === undefined) throw new Error('the caller was not told')
  told = first
})

describe.each(packages)('the published package %s', (_, verify) => {
  it('verifies a delivery whose header carries v1 and v1a together', async () => {
    expect(told.headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1a,[A-Za-z0-9+/]{86}==$/)
    expect(await isVerified(verify, callbackSecret, told.body, told.headers)).toBe(true)
  })

  it('verifies a delivery signed with several secrets, by each of them', async () => {
    const signers = { secrets: [otherSecret, callbackSecret], pairs: [] }
    const headers = await signatureHeaders(signers, 'evt_1', told.body, Date.now())
    expect(await isVerified(verify, callbackSecret, told.body, headers)).toBe(true)
    expect(await isVerified(verify, otherSecret, told.body, headers)).toBe(true)
  })

  const laterBySeconds = (seconds: number) => ({
    'webhook-timestamp': String(Number(told.headers['webhook-timestamp']) + seconds),
  })
  it.each<[string, () => [secret: string, body: string, changed: Record<string, string>]]>([
    ['under another secret', () => [otherSecret, told.body, {}]],
    ['with another body', () => [callbackSecret, `${told.body} `, {}]],
    ['under another id', () => [callbackSecret, told.body, { 'webhook-id': 'evt_other' }]],
    ['at another time', () => [callbackSecret, told.body, laterBySeconds(1)]],
    ['with the v1a signature alone', () => [callbackSecret, told.body, { 'webhook-signature': v1aOf(told) }]],
  ])('refuses a delivery %s', async (_, change) => {
    const [secret, body, changed] = change()
    expect(await isVerified(verify, secret, body, { ...told.headers, ...changed })).toBe(false)
  })

  it('refuses a delivery that is correctly signed, but an hour old', async () => {
    const signers = { secrets: [callbackSecret], pairs: [] }
    const headers = await signatureHeaders(signers, 'evt_1', told.body, Date.now() - 3_600_000)
    expect(await isVerified(verify, callbackSecret, told.body, headers)).toBe(false)
  })
})

describe('the published key', () => {
  it('verifies a delivery without any secret', async () => {
    const [key, ...others] = await publishedKeys()
    expect(others).toEqual([])
    expect(await isSignedBy(key?.whpk ?? '', told.body, told.headers)).toBe(true)
  })

  it('refuses another body, another id, another time, and a v1 signature alone', async () => {
    const whpk = (await publishedKeys())[0]?.whpk ?? ''
    const changes = [
      { 'webhook-id': 'evt_other' },
      { 'webhook-timestamp': '1' },
      { 'webhook-signature': told.headers['webhook-signature']?.split(' ')[0] ?? '' },
    ]
    expect(await isSignedBy(whpk, `${told.body} `, told.headers)).toBe(false)
    for (const change of changes) {
      expect(await isSignedBy(whpk, told.body, { ...told.headers, ...change })).toBe(false)
    }
  })
})

describe('the other headers of a delivery', () => {
  it('have the form that the standard specifies', () => {
    expect(told.headers['webhook-id']).toMatch(/^evt_[0-9a-z]{26}$/)
    expect(told.headers['webhook-timestamp']).toMatch(/^\d{10}$/)
    expect(told.headers['content-type']).toBe('application/json')
  })
})

function v1aOf({ headers }: Received): string {
  return headers['webhook-signature']?.split(' ').find((one) => one.startsWith('v1a,')) ?? ''
}
