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

describe('an event goes', () => {
  it('to the URL of its job first, then to every endpoint that asked for it', () => {
    const [one, two] = [aSubscription(), aSubscription({ endpointId: 'ep_2' })]
    expect(destinationsOf('job.failed', aRequest(), [one, two])).toEqual([
      { endpointId: null, url },
      { endpointId: 'ep_1', url: one.url },
      { endpointId: 'ep_2', url: two.url },
    ])
  })

  it('twice to one URL that is given twice', () => {
    expect(destinationsOf('job.failed', aRequest(), [aSubscription({ url })])).toHaveLength(2)
  })

  it('nowhere, where nobody asked for it', () => {
    expect(destinationsOf('job.failed', aRequest({ callback_url: undefined }), [])).toEqual([])
    expect(destinationsOf('job.generating', aRequest(), [aSubscription()])).toEqual([])
    expect(destinationsOf('output.stored', aRequest(), [aSubscription()])).toEqual([])
  })
})

describe('a filter', () => {
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
  ])('%j lets a job with %j pass: %s', (filter, metadata, passes) => {
    const request = aRequest({ callback_url: undefined, metadata })
    expect(destinationsOf('job.failed', request, [aSubscription({ metadata: filter })])).toHaveLength(
      passes ? 1 : 0,
    )
  })
})
