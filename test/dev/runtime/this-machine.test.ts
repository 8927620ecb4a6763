/** The servers of this machine under the Worker's public address. */
import { describe, expect, it } from 'vitest'
import { withThisMachine } from '../../../src/dev/runtime/this-machine.ts'

const publicUrl = 'https://boat.trycloudflare.com'
const places = { [`${publicUrl}/this-machine/callbacks`]: 'http://127.0.0.1:8788' }

async function called(url: string, init: RequestInit = {}) {
  let seen: Request | undefined
  const fetch = withThisMachine(async (request) => {
    seen = request
    return new Response()
  }, places)
  await fetch(new Request(url, init))
  return seen
}

describe("the Worker's request", () => {
  it('to a name of this machine goes to the server behind it, as it is', async () => {
    const request = await called(`${publicUrl}/this-machine/callbacks/reelhook?a=1`, {
      method: 'POST',
      headers: { 'webhook-id': 'evt_1' },
      body: 'the event',
      redirect: 'manual',
    })
    expect(request?.url).toBe('http://127.0.0.1:8788/reelhook?a=1')
    expect([request?.method, request?.redirect, request?.headers.get('webhook-id')]).toEqual([
      'POST',
      'manual',
      'evt_1',
    ])
    expect(await request?.text()).toBe('the event')
  })

  it.each([
    `${publicUrl}/this-machine/callbacks-of-others/reelhook`,
    `${publicUrl}/this-machine/other/reelhook`,
    'https://else.example.com/this-machine/callbacks/reelhook',
    `${publicUrl}.example.com/this-machine/callbacks/reelhook`,
  ])('to %s goes there', async (url) => {
    expect((await called(url))?.url).toBe(url)
  })
})
