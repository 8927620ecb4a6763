import { describe, expect, it } from 'vitest'
import {
  defaultEventTypes,
  destinationsOf,
  eventFormats,
  eventTypes,
  formatFault,
  type NotifyingJob,
  nameIn,
  type Subscription,
} from '../../src/core/event.ts'

const url = 'https://caller.example.com/hook'

function aSubscription(overrides: Partial<Subscription> = {}): Subscription {
  return {
    endpointId: 'ep_1',
    url: 'https://hooks.example.com',
    eventTypes: [...defaultEventTypes],
    format: 'reelhook',
    metadata: {},
    project: null,
    ...overrides,
  }
}

function aJob(overrides: Partial<NotifyingJob['request']> = {}, project: string | null = null): NotifyingJob {
  const request = {
    callback_url: url,
    callback_events: [...defaultEventTypes],
    callback_format: 'reelhook' as const,
    metadata: {},
    ...overrides,
  }
  return { request, project }
}

describe('an event', () => {
  it('is sent to the callback URL of its job first, then to every subscribed endpoint', () => {
    const [one, two] = [aSubscription(), aSubscription({ endpointId: 'ep_2' })]
    expect(destinationsOf('job.failed', aJob(), [one, two])).toEqual([
      { endpointId: null, url, format: 'reelhook', project: null },
      { endpointId: 'ep_1', url: one.url, format: 'reelhook', project: null },
      { endpointId: 'ep_2', url: two.url, format: 'reelhook', project: null },
    ])
  })

  it('is sent twice to a URL that is both the callback URL and an endpoint', () => {
    expect(destinationsOf('job.failed', aJob(), [aSubscription({ url })])).toHaveLength(2)
  })

  it('is not sent if there is no subscription to its type', () => {
    expect(destinationsOf('job.failed', aJob({ callback_url: undefined }), [])).toEqual([])
    expect(destinationsOf('job.generating', aJob(), [aSubscription()])).toEqual([])
    expect(destinationsOf('output.stored', aJob(), [aSubscription()])).toEqual([])
  })
})

describe('the format of a receiver', () => {
  it('is that of its delivery', () => {
    const job = aJob({ callback_format: 'openai' })
    expect(destinationsOf('job.failed', job, [aSubscription({ format: 'openrouter' })])).toMatchObject([
      { endpointId: null, format: 'openai' },
      { endpointId: 'ep_1', format: 'openrouter' },
    ])
  })

  it.each(['openai', 'openrouter'] as const)('%s has the events that end a job, and no other', (format) => {
    const has = eventTypes.filter((type) => nameIn(format, type) !== null)
    expect(has).toEqual(defaultEventTypes)
    for (const type of eventTypes) {
      const job = aJob({ callback_format: format, callback_events: [...eventTypes] })
      const endpoint = aSubscription({ format, eventTypes: [...eventTypes] })
      expect(destinationsOf(type, job, [endpoint]), type).toHaveLength(
        has.some((one) => one === type) ? 2 : 0,
      )
    }
  })

  it('fits its event types, or the fault names those that it lacks, each once', () => {
    for (const format of eventFormats) expect(formatFault(format, defaultEventTypes)).toBeNull()
    expect(formatFault('reelhook', eventTypes)).toBeNull()
    expect(formatFault('openai', ['job.failed', 'output.late', 'job.erased', 'output.late'])).toBe(
      'has output.late, job.erased, but the format openai has only job.succeeded, job.failed, job.canceled',
    )
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
    const job = aJob({ callback_url: undefined, metadata })
    expect(destinationsOf('job.failed', job, [aSubscription({ metadata: filter })])).toHaveLength(
      isMatch ? 1 : 0,
    )
  })
})

describe('an endpoint of a project', () => {
  const shop = aSubscription({ project: 'shop' })

  it('receives the events of the jobs of that project only', () => {
    const own = aJob({ callback_url: undefined }, 'shop')
    expect(destinationsOf('job.failed', own, [shop])).toMatchObject([{ endpointId: 'ep_1', project: 'shop' }])
    for (const other of ['film', null])
      expect(destinationsOf('job.failed', aJob({ callback_url: undefined }, other), [shop])).toEqual([])
  })

  it('shares its deliveries with its project; those of an endpoint without one belong to none', () => {
    const everywhere = aSubscription({ endpointId: 'ep_2' })
    const projects = destinationsOf('job.failed', aJob({}, 'shop'), [shop, everywhere]).map(
      ({ endpointId, project }) => [endpointId, project],
    )
    expect(projects).toEqual([
      [null, 'shop'],
      ['ep_1', 'shop'],
      ['ep_2', null],
    ])
  })
})
