import { describe, expect, it } from 'vitest'
import { shownMoment } from '../../src/dashboard/form.ts'
import {
  eventsQuery,
  type Filters,
  faultsByField,
  filtersIn,
  listPath,
  listQuery,
  metadataFaults,
} from '../../src/dashboard/jobs/filters.ts'
import { searchOf } from '../../src/dashboard/jobs/search.ts'

const jobId = 'job_01kbk6v3x6f9ja8c6mphr3z4aw'

const filtersOf = (query: string) => filtersIn(new URLSearchParams(query))

/** A query as a person reads it. */
const readable = (query: string) => decodeURIComponent(query)

describe('the filters of a URL', () => {
  it('are its parameters without the empty ones, the search and the notice', () => {
    const filters = filtersOf('status=failed&provider=&q=words&notice=deleted&metadata=order%3D42&limit=+50+')
    expect(filters).toEqual([
      ['status', 'failed'],
      ['metadata', 'order=42'],
      ['limit', '50'],
    ])
    expect(readable(listPath(filters))).toBe('/jobs?status=failed&metadata=order=42&limit=50')
  })

  it('become those of the API, with times in UTC and unknown parameters as they are', () => {
    const filters = filtersOf('metadata=a%3Db%3Dc&created_after=2026-11-29T10:00&stauts=failed')
    expect(readable(listQuery(filters))).toBe(
      '?metadata[a]=b=c&created_after=2026-11-29T10:00:00Z&stauts=failed',
    )
  })

  it('leave the status out for the stream: a job that leaves the status changes the list too', () => {
    const filters = filtersOf('status=failed&model=seedance-2.0&metadata=a%3Db&limit=50')
    expect(readable(eventsQuery(filters, ['job.failed']))).toBe(
      '?types=job.failed&model=seedance-2.0&metadata[a]=b',
    )
  })

  it('have a fault if an entry of metadata has no key', () => {
    const filters: Filters = ['order', '=42', 'order='].map((entry) => ['metadata', entry])
    expect(metadataFaults(filters).map(({ message }) => message)).toEqual([
      'must be key=value, not order',
      'must be key=value, not =42',
    ])
  })
})

it('shows a fault at its field, and those of other parameters together', () => {
  const faults = [
    { path: 'status', message: 'is wrong' },
    { path: 'metadata[a]', message: 'is given more than once' },
    { path: 'cursor', message: 'must be a next_cursor' },
    { path: '', message: 'has unknown parameters: stauts' },
  ]
  expect(Object.fromEntries(faultsByField(faults, ['status', 'metadata']))).toEqual({
    status: ['is wrong'],
    metadata: ['metadata[a] is given more than once'],
    '': ['cursor must be a next_cursor', 'has unknown parameters: stauts'],
  })
})

it.each([
  ['2026-11-29T10:00', '2026-11-29T10:00'],
  ['2026-11-29T10:00:05Z', '2026-11-29T10:00:05'],
  ['2026-11-29T10:00+01:00', '2026-11-29T09:00'],
  ['yesterday', ''],
])('a field for a time shows %s as "%s"', (time, shown) => {
  expect(shownMoment(time)).toBe(shown)
})

describe('a search', () => {
  it.each([
    [jobId, `/jobs/${jobId}`],
    ['dlv_01kbk6v3x6f9ja8c6mphr3z4aw', '/deliveries/dlv_01kbk6v3x6f9ja8c6mphr3z4aw'],
    ['ep_01kbk6v3x6f9ja8c6mphr3z4aw', '/endpoints/ep_01kbk6v3x6f9ja8c6mphr3z4aw'],
    [`https://videos.example.com/v1/jobs/${jobId}/outputs/0/a.mp4?expires=1&signature=x`, `/jobs/${jobId}`],
  ])('for %s opens its page', (text, path) => {
    expect(searchOf(text)).toEqual({ finds: 'page', path })
  })

  it('for key=value is one for metadata, also if the value is an id', () => {
    expect(searchOf(`source=${jobId}`)).toEqual({ finds: 'metadata', entry: `source=${jobId}` })
  })

  it.each(['', 'paper boat', 'job_01kbk6v3x6', 'evt_01kbk6v3x6f9ja8c6mphr3z4aw', '=42', 'order='])(
    'for "%s" finds nothing',
    (text) => {
      expect(searchOf(text)).toEqual({ finds: 'nothing' })
    },
  )
})
