/**
 * Every status and every thrown error as a response to a submission: each adapter decides whether a video may have been
 * bought. Cloudflare's network responds in place of a host that it cannot reach.
 */
import { describe, expect, it } from 'vitest'
import type { FaultCode } from '../../src/core/fault.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { neverSent, pages, perhapsSent } from '../support/platform/unreachable.ts'
import { aLostSubmission, aSubmission, aTask, type Reply } from './a-submission.ts'
import { anAimlapi } from './aimlapi/a-aimlapi.ts'
import { aCrun } from './crun/a-crun.ts'
import { aFal } from './fal/a-fal.ts'
import { aRunware } from './runware/a-runware.ts'
import { aScenario } from './scenario/a-scenario.ts'

type Codes = Partial<Record<number, FaultCode>>

const common: Codes = {
  400: 'bad_request',
  401: 'auth',
  402: 'out_of_credit',
  403: 'not_entitled',
  404: 'bad_request',
  413: 'bad_request',
  422: 'bad_request',
  429: 'rate_limited',
}

// Runware documents its refusals as 4xx, and sends them in JSON. 408 comes from a gateway.
const ofRunware: Codes = {
  ...Object.fromEntries(range(400, 499).map((status) => [status, 'bad_request'])),
  401: 'auth',
  402: 'out_of_credit',
  403: 'not_entitled',
  408: undefined,
  429: 'rate_limited',
}

// Crun documents 455, 501 and 505 as statuses, too.
const ofCrun: Codes = {
  ...common,
  403: 'auth',
  413: undefined,
  455: 'maintenance',
  501: 'generation_failed',
  505: 'not_entitled',
}

const providers: [string, (reply: Reply) => Provider, Codes][] = [
  ['Runware', (reply) => aRunware(reply).provider, ofRunware],
  ['Crun', (reply) => aCrun(reply).provider, ofCrun],
  ['Scenario', (reply) => aScenario(reply).provider, common],
  ['AI/ML API', (reply) => anAimlapi(reply).provider, common],
  ['fal', (reply) => aFal(reply).provider, common],
]

/** Without a proof that it was refused or never sent, a submission may have been bought. */
function expectedCodes(refusals: Codes): Codes {
  const unsent = Object.fromEntries(neverSent.map((status) => [status, 'unavailable']))
  const all = range(400, 599).map((status) => [status, 'answer_lost'])
  const known = Object.entries({ ...refusals, ...unsent }).filter(([, code]) => code !== undefined)
  return Object.fromEntries([...all, ...known])
}

describe.each(providers)('a submission to %s', (_, given, refusals) => {
  it.each([...Object.entries(pages), ['nothing', () => ''] as const])(
    'that is answered with %s may have been bought, unless its status refuses it or proves that it was not sent',
    async (__, page) => {
      const codes: Codes = {}
      for (const status of range(400, 599)) {
        const result = await given({ status, text: page(status) }).submit(aSubmission())
        if (!result.ok) codes[status] = result.fault.code
      }
      expect(codes).toEqual(expectedCodes(refusals))
    },
  )

  it.each(neverSent)('says after %i that nothing was sent, and why', async (status) => {
    const result = await given({ status, text: pages.html(status) }).submit(aSubmission())
    expect(result).toMatchObject({
      fault: {
        message: expect.stringMatching(/^The request did not reach the provider: the .+\.$/),
        evidence: { status },
      },
    })
  })

  it.each(neverSent)('may have been bought if the provider itself answers %i, in JSON', async (status) => {
    const own: Reply = { status, json: { message: 'an upstream of ours is down' } }
    expect(await given(own).submit(aSubmission())).toMatchObject({ fault: { code: 'answer_lost' } })
  })

  it.each([403, 429, 503])('was not sent if bot protection answers %i with a challenge', async (status) => {
    const challenge: Reply = {
      status,
      text: '<title>Just a moment...</title>',
      headers: { 'cf-mitigated': 'challenge' },
    }
    const message = expect.stringContaining('bot protection challenges this Worker')
    const unavailable = { fault: { code: 'unavailable', message } }
    expect(await given(challenge).submit(aSubmission())).toMatchObject(unavailable)
  })

  it.each([200, 202, 206, 299, 300, 307, 399])(
    'may have been bought after a %i without a task',
    async (status) => {
      const result = await given({ status, text: '' }).submit(aSubmission())
      expect(result).toMatchObject({ fault: { code: 'answer_lost' } })
    },
  )

  it.each(thrown())('may have been bought after fetch threw %s', async (__, error) => {
    expect(await given(error).submit(aSubmission())).toMatchObject({ fault: { code: 'answer_lost' } })
  })
})

describe.each(providers)('a call of %s that may be repeated', (_, given) => {
  it.each([...neverSent, ...perhapsSent])('is repeated later after %i', async (status) => {
    const unavailable = { ok: false, fault: { code: 'unavailable' } }
    for (const page of Object.values(pages)) {
      const provider = given({ status, text: page(status) })
      expect(await provider.getStatus(aTask({ provider: provider.name }))).toMatchObject(unavailable)
      const estimate = await provider.estimate?.(aSubmission().request)
      if (estimate !== undefined) expect(estimate).toMatchObject(unavailable)
      const search = await provider.findSubmission?.(aLostSubmission())
      if (search !== undefined) expect(search).toMatchObject(unavailable)
      const upload = await provider.uploads?.send(aPicture())
      if (upload !== undefined) expect(upload).toMatchObject(unavailable)
      const check = await provider.uploads?.check('up_1')
      if (check !== undefined) expect(check).toMatchObject(unavailable)
    }
  })

  it('does not report a task as lost because Cloudflare answers 404 in JSON', async () => {
    const provider = given({ status: 404, text: pages.json(404) })
    const result = await provider.getStatus(aTask({ provider: provider.name }))
    expect(result).toMatchObject({ ok: false })
    expect(result).not.toMatchObject({ fault: { code: 'task_lost' } })
  })
})

/**
 * The errors of fetch, as recorded against closed, silent and resetting ports. workerd's errors are the same before and after
 * the request was sent, so none proves that nothing was bought (`thrown-errors.test.ts`).
 */
function thrown(): [string, Error][] {
  const failed = (code: string, message: string) =>
    new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) })
  const lost = Object.assign(new Error('Network connection lost.'), { retryable: true, remote: true })
  return [
    ['a lost connection in workerd', lost],
    ['an unresolved name or a failed handshake in workerd', new Error('internal error; reference = abc')],
    ['a timeout', new DOMException('The operation was aborted due to timeout', 'TimeoutError')],
    ['an abort', new DOMException('The operation was aborted', 'AbortError')],
    ['a refused connection in Node', failed('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1')],
    ['an unresolved name in Node', failed('ENOTFOUND', 'getaddrinfo ENOTFOUND host.test')],
    ['an untrusted certificate in Node', failed('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate')],
    ['a reset in Node', failed('ECONNRESET', 'read ECONNRESET')],
    ['a closed connection in Node', failed('UND_ERR_SOCKET', 'other side closed')],
  ]
}

function aPicture() {
  const body = new Blob(['x']).stream()
  return { kind: 'image' as const, contentType: 'image/png', fileName: 'boat.png', bytes: 1, body }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
