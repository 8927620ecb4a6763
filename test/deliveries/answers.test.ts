import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Fetch } from '../../src/connections.ts'
import { attemptPost } from '../../src/deliveries/attempt.ts'
import { type DeliveryView, notifyOnce } from '../support/deliveries.ts'
import { timelineOf } from '../support/reelhook.ts'
import { select } from '../support/storage.ts'
import { callerUrl, world } from '../support/world.ts'

const seconds = 1_000
const minutes = 60 * seconds
const hours = 60 * minutes
const kilobyte = 1_024

function waitOf({ next_attempt_at }: DeliveryView): number {
  return Date.parse(next_attempt_at ?? '') - world.edges.now()
}

function bytesOf(text: string | null | undefined): number {
  return new TextEncoder().encode(text ?? '').length
}

// All tests have one caller: after this many failures its circuit would open.
beforeEach(async () => {
  await select('DELETE FROM hosts')
})

describe('a delivery succeeds', () => {
  it.each([200, 201, 202, 299])('when the caller answers %i', async (status) => {
    const { status: outcome, attempts } = await notifyOnce(() => new Response('taken', { status }))
    expect(outcome).toBe('delivered')
    expect(attempts[0]).toMatchObject({ status, error: null, response_body: 'taken' })
  })

  it('when the caller answers 204 without a body', async () => {
    const { status, attempts } = await notifyOnce(() => new Response(null, { status: 204 }))
    expect(status).toBe('delivered')
    expect(attempts[0]).toMatchObject({ status: 204, error: null, response_body: '' })
  })

  it('when the caller answers 200 and the connection breaks during the body', async () => {
    const { status, attempts } = await notifyOnce(() => {
      const pull = (controller: ReadableStreamDefaultController) => controller.error(new Error('reset'))
      return new Response(new ReadableStream({ pull }))
    })
    expect(attempts[0]?.status).toBe(200)
    expect(status).toBe('delivered')
  })
})

describe('a delivery is retried', () => {
  it.each([304, 400, 401, 404, 408, 422, 500])('when the caller answers %i', async (status) => {
    const body = status === 304 ? null : 'no'
    const delivery = await notifyOnce(() => new Response(body, { status }))
    expect(delivery.status).toBe('pending')
    expect(delivery.attempts[0]).toMatchObject({ status, error: expect.stringMatching(/./) })
    expect(waitOf(delivery)).toBe(5 * seconds)
  })

  it.each([429, 502, 503, 504])(
    'when the caller answers %i, after the next longer wait: it cannot keep up',
    async (status) => {
      const delivery = await notifyOnce(() => new Response('later', { status }))
      expect(delivery.attempts[0]).toMatchObject({ status, error: `the caller answered ${status}` })
      expect(waitOf(delivery)).toBe(5 * minutes)
    },
  )

  it.each([
    [521, /refused the connection/],
    [525, /TLS handshake/],
    [526, /certificate/],
    [530, /does not resolve/],
  ])('with an explanation when Cloudflare answers %i instead of the caller', async (status, why) => {
    const delivery = await notifyOnce(() => new Response('error page', { status }))
    expect(delivery.status).toBe('pending')
    expect(delivery.attempts[0]).toMatchObject({ status, error: expect.stringMatching(why) })
  })

  it.each([403, 429, 503])(
    "with advice when the host's bot protection answers %i with a challenge",
    async (status) => {
      const headers = { 'cf-mitigated': 'challenge' }
      const delivery = await notifyOnce(() => new Response('Just a moment...', { status, headers }))
      expect(delivery.status).toBe('pending')
      expect(delivery.attempts[0]).toMatchObject({
        status,
        error: expect.stringMatching(
          /^Cloudflare answered .*challenges this Worker.*skip rule.*Bot Fight Mode off/,
        ),
      })
    },
  )

  it('with the network error in the log when the connection breaks', async () => {
    const delivery = await notifyOnce(() => {
      throw new TypeError('connection refused')
    })
    expect(delivery.status).toBe('pending')
    expect(delivery.attempts[0]).toMatchObject({
      status: null,
      response_body: null,
      error: expect.stringContaining('connection refused'),
    })
  })

  it.each([301, 302, 303, 307, 308])(
    'when the caller redirects with %i, and is not followed',
    async (status) => {
      const location = `${callerUrl}/elsewhere`
      const delivery = await notifyOnce(() => new Response(null, { status, headers: { location } }))
      expect(delivery.status).toBe('pending')
      expect(delivery.attempts[0]).toMatchObject({ status, error: expect.stringMatching(/redirect/) })
      const received = world.caller.receivedFor(delivery.job_id)
      expect(received.map(({ url }) => url)).toEqual([`${callerUrl}/hook`])
    },
  )

  it.each([
    ['https://elsewhere.test/new/hook?token=hunter2', 'elsewhere.test/new/hook'],
    ['/new/hook?token=hunter2#hunter2', 'caller.test/new/hook'],
    ['https://somebody:hunter2@elsewhere.test/', 'elsewhere.test/'],
    [`https://elsewhere.test/${'p'.repeat(5_000)}?hunter2`, `elsewhere.test/${'p'.repeat(200)}`],
  ])('with the target in the delivery log when the caller redirects to %s', async (location, target) => {
    const redirect = () => new Response(null, { status: 308, headers: { location } })
    const { job_id, attempts } = await notifyOnce(redirect)
    const [attempt] = attempts
    const logged = world.logs.find(
      ({ event, fields }) => event === 'delivery.attempted' && fields.job_id === job_id,
    )
    // The operator's log holds no path of a caller's URL: it may contain a token.
    expect(logged?.fields.error).toBe('the caller answered 308, and a redirect is not followed')
    expect(attempt?.error).toContain(`it points at ${target}`)
    expect(attempt?.error).not.toContain('hunter2')
    expect(attempt?.error?.length).toBeLessThan(400)
  })

  it.each([null, 'https://', 'http://[::1'])(
    'when the caller redirects to nowhere (%s)',
    async (location) => {
      const headers = location === null ? {} : { location }
      const [attempt] = (await notifyOnce(() => new Response(null, { status: 302, headers }))).attempts
      expect(attempt?.error).toBe('the caller answered 302, and a redirect is not followed')
    },
  )

  it('without letting the runtime follow a redirect', async () => {
    const sent: Request[] = []
    const fetch = async (request: Request) => {
      sent.push(request)
      return new Response()
    }
    const post = { url: `${callerUrl}/hook`, body: '{}', signatureHeaders: {} }
    await attemptPost({ fetch, now: world.edges.now, guard: async () => null }, post)
    expect(sent.map(({ method, redirect }) => [method, redirect])).toEqual([['POST', 'manual']])
  })
})

describe('Retry-After', () => {
  const inAnHour = () => new Date(world.edges.now() + hours).toUTCString()

  it.each([429, 503])('in seconds lengthens the wait after a %i', async (status) => {
    const delivery = await notifyOnce(() => new Response('', { status, headers: { 'retry-after': '3600' } }))
    expect(waitOf(delivery)).toBe(hours)
  })

  it('as a date lengthens the wait', async () => {
    const headers = { 'retry-after': inAnHour() }
    const delivery = await notifyOnce(() => new Response('', { status: 503, headers }))
    expect(Math.abs(waitOf(delivery) - hours)).toBeLessThan(3 * seconds)
  })

  it.each(['1', '0', '-5', 'soon', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
    'of %s makes no attempt come sooner than planned',
    async (value) => {
      const delivery = await notifyOnce(
        () => new Response('', { status: 500, headers: { 'retry-after': value } }),
      )
      expect(waitOf(delivery)).toBe(5 * seconds)
    },
  )

  it('lengthens the wait after any status, if it is longer than the schedule', async () => {
    const headers = { 'retry-after': '600' }
    expect(waitOf(await notifyOnce(() => new Response('', { status: 503, headers })))).toBe(10 * minutes)
    expect(waitOf(await notifyOnce(() => new Response('', { status: 404, headers })))).toBe(10 * minutes)
  })

  it.each(['999999999999', `1${'0'.repeat(400)}`])(
    'of %s puts nothing off for more than a day',
    async (value) => {
      const delivery = await notifyOnce(
        () => new Response('', { status: 503, headers: { 'retry-after': value } }),
      )
      expect(waitOf(delivery)).toBe(24 * hours)
    },
  )
})

describe('410 Gone', () => {
  it('ends the delivery at once, with an event on the timeline', async () => {
    const delivery = await notifyOnce(() => new Response('go away', { status: 410 }))
    expect(delivery).toMatchObject({
      status: 'failed',
      next_attempt_at: null,
      attempts: [{ status: 410, error: expect.stringMatching(/410/) }],
    })
    expect((await timelineOf(delivery.job_id)).at(-1)).toBe('delivery.failed')
  })
})

describe('webhook-delivery: abort-message', () => {
  const headers = { 'webhook-delivery': 'Abort-Message ' }

  it('ends the delivery at once, with an event on the timeline', async () => {
    const delivery = await notifyOnce(() => new Response('enough', { status: 422, headers }))
    expect(delivery).toMatchObject({
      status: 'failed',
      next_attempt_at: null,
      attempts: [{ status: 422, error: expect.stringMatching(/422 and webhook-delivery: abort-message/) }],
    })
    expect((await timelineOf(delivery.job_id)).at(-1)).toBe('delivery.failed')
  })

  it('does not turn a success into a failure', async () => {
    expect((await notifyOnce(() => new Response('taken', { headers }))).status).toBe('delivered')
  })

  it('has no effect with another value', async () => {
    const other = { 'webhook-delivery': 'pause' }
    const delivery = await notifyOnce(() => new Response('no', { status: 422, headers: other }))
    expect(delivery.status).toBe('pending')
  })
})

describe('a hostile response', () => {
  it('without an end is cut off, and its first kilobyte is stored', async () => {
    let sent = 0
    let isLetGo = false
    const chunk = new TextEncoder().encode('endless '.repeat(128))
    const endless = {
      pull(controller: ReadableStreamDefaultController) {
        sent += chunk.length
        controller.enqueue(chunk)
      },
      cancel() {
        isLetGo = true
      },
    }
    const { status, attempts } = await notifyOnce(() => new Response(new ReadableStream(endless)))
    expect(status).toBe('delivered')
    expect(attempts[0]?.response_body).toBe('endless '.repeat(128))
    expect(isLetGo).toBe(true)
    expect(sent).toBeLessThanOrEqual(32 * kilobyte)
  })

  it('of ten megabytes is stored as one kilobyte', async () => {
    const { attempts } = await notifyOnce(() => new Response('x'.repeat(10_000_000), { status: 500 }))
    expect(attempts[0]?.response_body).toBe('x'.repeat(kilobyte))
  })

  it('in multi-byte characters is stored as at most one kilobyte', async () => {
    const { attempts } = await notifyOnce(() => new Response('水'.repeat(10_000)))
    expect(bytesOf(attempts[0]?.response_body)).toBeLessThanOrEqual(kilobyte)
    expect(bytesOf(attempts[0]?.response_body)).toBeGreaterThan(kilobyte - 8)
  })

  it('that is not text is stored with replacement characters', async () => {
    const { status } = await notifyOnce(() => new Response(new Uint8Array([0, 255, 254, 0, 128])))
    expect(status).toBe('delivered')
  })

  it('that never comes is a failure after fifteen seconds', async () => {
    const time = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(time.signal)
    const untilAborted: Fetch = async ({ signal }, startTimers) => {
      startTimers()
      time.abort(new DOMException('The operation timed out', 'TimeoutError'))
      throw signal.reason
    }
    const silence = { fetch: untilAborted, now: world.edges.now, guard: async () => null }
    const post = { url: `${callerUrl}/hook`, body: '{}', signatureHeaders: {} }
    expect(await attemptPost(silence, post)).toEqual({
      verdict: 'refused',
      host: 'down',
      pace: 'ordinary',
      status: null,
      error: expect.stringMatching(/TimeoutError/),
      responseHeaders: null,
      responseBody: null,
    })
    expect(timeout).toHaveBeenCalledWith(15_000)
    timeout.mockRestore()
  })
})
