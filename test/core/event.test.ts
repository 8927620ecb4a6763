import { describe, expect, it } from 'vitest'
import { defaultEventTypes, destinationsOf, type Subscription } from '../../src/core/event.ts'

const url = 'https://caller.example.com/hook'

function aSubscription(overrides: Partial<Subscription> = {}): Subscription {
  return {
    endpointId: 'ep_1',
    url: 'https://hooks.example.com',
    eventTypes: [...defaultEventTypes],
    metadata: {},
    ...overrides,
  }
}

function aRequest(
  overrides: Partial<Parameters<typeof destinationsOf>[1]> = {},
): Parameters<typeof destinationsOf>[1] {
  return { callback_url: url, callback_events: [...defaultEventTypes], metadata: {}, ...overrides }
}

describe('an event', () => {
  it('is sent to the callback URL of its job first, then to every subscribed endpoint', () => {
    const [one, two] = [aSubscription(), aSubscription({ endpointId: 'ep_2' })]
    expect(destinationsOf('job.failed', aRequest(), [one, two])).toEqual([
      { endpointId: null, url },
      { endpointId: 'ep_1', url: one.url },
      { endpointId: 'ep_2', url: two.url },
    ])
  })

  it('is sent twice to a URL that is both the callback URL and an endpoint', () => {
    expect(destinationsOf('job.failed', aRequest(), [aSubscription({ url })])).toHaveLength(2)
  })

  it('is not sent if there is no subscription to its type', () => {
    expect(destinationsOf('job.failed', aRequest({ callback_url: undefined }), [])).toEqual([])
    expect(destinationsOf('job.generating', aRequest(), [aSubscription()])).toEqual([])
    expect(destinationsOf('output.stored', aRequest(), [aSubscription()])).toEqual([])
  })
})

describe('the metadata filter of an endpoint', () => {
  it.each([
    [{}, {}, true],
    [{}, { order: '42' }, true],
    [{ order: '42' }, { order: '42', tenant: '7' }, true],
    [{ order: '42' }, {}, false],
    [{ order: '42' }, { order: '4' }, false],
    [{ order: '' }, { order: '' }, true],
    [{ order: '' }, {}, false],
    [{ Order: '42' }, { order: '42' }, false],
    [{ toString: 'x' }, {}, false],
    [{ ['__proto__']: 'x' }, {}, false],
  ])('%j matches a job with the metadata %j: %s', (filter, metadata, isMatch) => {
    const request = aRequest({ callback_url: undefined, metadata })
    expect(destinationsOf('job.failed', request, [aSubscription({ metadata: filter })])).toHaveLength(
      isMatch ? 1 : 0,
    )
  })
})
