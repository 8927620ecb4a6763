/** The headers of the format openrouter, verified as its documentation does: with Node's own HMAC. */
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { eventFormats } from '../../src/core/event.ts'
import { headersOf } from '../../src/deliveries/headers.ts'
import { newSecret } from '../../src/deliveries/secrets.ts'
import { signatureHeaders } from '../../src/deliveries/sign.ts'

const nowMs = Date.UTC(2026, 10, 21, 3, 5, 49, 900)
const body = '{"type":"video.generation.completed","data":{"id":"job_1","note":"船"}}'
const event = { eventId: 'evt_1', body, idempotencyKey: 'job_1-completed' }
const [newest, older] = [newSecret(), newSecret()]

const expected = (secret: string, timestamp: string) =>
  createHmac('sha256', secret).update(`${timestamp},${body}`).digest('hex')

function partsOf(header = ''): { timestamp: string; signatures: string[] } {
  const [time = '', ...rest] = header.split(',')
  return {
    timestamp: time.replace(/^t=/, ''),
    signatures: rest.map((part) => part.replace(/^v1=/, '')),
  }
}

describe('the headers of a delivery', () => {
  it.each(eventFormats)('in the format %s are those of Standard Webhooks', async (format) => {
    const signers = { secrets: [newest], pairs: [] }
    const headers = await headersOf(signers, { ...event, format }, nowMs)
    expect(headers).toMatchObject(await signatureHeaders(signers, 'evt_1', body, nowMs))
    expect(Object.keys(headers)).toHaveLength(format === 'openrouter' ? 5 : 3)
  })

  it("in the format openrouter have a signature that Node's HMAC with the text of the secret makes too", async () => {
    const headers = await headersOf(
      { secrets: [newest], pairs: [] },
      { ...event, format: 'openrouter' },
      nowMs,
    )
    expect(headers['x-openrouter-idempotency-key']).toBe('job_1-completed')
    const { timestamp, signatures } = partsOf(headers['x-openrouter-signature'])
    expect(timestamp).toBe(String(Math.floor(nowMs / 1_000)))
    expect(signatures).toEqual([expected(newest, timestamp)])
  })

  it('after a rotation have a signature with each secret, the newest first', async () => {
    const signers = { secrets: [newest, older], pairs: [] }
    const headers = await headersOf(signers, { ...event, format: 'openrouter' }, nowMs)
    const { timestamp, signatures } = partsOf(headers['x-openrouter-signature'])
    expect(signatures).toEqual([expected(newest, timestamp), expected(older, timestamp)])
  })
})
