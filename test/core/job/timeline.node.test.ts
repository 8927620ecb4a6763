import { describe, expect, it } from 'vitest'
import type { Entry, TimelineRows } from '../../../src/core/job/made-entries.ts'
import { isMadeFromRows, timelineOf } from '../../../src/core/job/timeline.ts'
import { noMetadata } from '../../../src/core/video-metadata.ts'
import { aRequest } from '../request/a-request.ts'

const at = Date.UTC(2026, 0, 1)
const id = 'job_01kbk6v3x6f9ja8c6mphr3z4aw'
const hash = 'a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90'

type Task = TimelineRows['tasks'][number]
type Output = TimelineRows['outputs'][number]

function aTask(overrides: Partial<Task> = {}): Task {
  return {
    n: 0,
    provider: 'runware',
    providerTaskId: 'task-1',
    wanted: 1,
    status: 'succeeded',
    unknownAt: null,
    completedVia: 'webhook',
    cost: null,
    submittedAt: at,
    endedAt: at,
    fault: null,
    ...overrides,
  }
}

function aStoredOutput(n = 0): Output {
  return {
    n,
    status: 'stored',
    contentType: 'video/mp4',
    bytes: 10,
    sha256: 'ab12',
    metadata: noMetadata,
    storedVia: 'download',
    attempts: 1,
    metadataReadAt: at,
  }
}

/** A job that succeeded within one millisecond. */
function someRows(
  overrides: Partial<Omit<TimelineRows, 'job'>> & { job?: Partial<TimelineRows['job']> } = {},
) {
  const { job, ...others } = overrides
  return {
    job: {
      id,
      status: 'succeeded' as const,
      provider: 'runware' as const,
      providers: ['runware' as const],
      progress: 100,
      request: aRequest(),
      warnings: [],
      fault: null,
      estimates: {},
      choice: {},
      retryOf: null,
      traceparent: null,
      createdAt: at,
      deadlineAt: at + 1_800_000,
      settledAt: at,
      eraseAt: null,
      prunedAt: null,
      ...job,
    },
    tasks: [aTask()],
    outputs: [aStoredOutput()],
    webhooks: [{ hash, provider: 'runware' as const, receivedAt: at }],
    notified: [],
    ...others,
  }
}

function aStored(type: string, overrides: Partial<Entry> = {}): Entry {
  return { id: `evt_${type}`, type, createdAt: at, data: {}, ...overrides }
}

const typesOf = (entries: Entry[]) => entries.map(({ type }) => type)

describe('the made entries', () => {
  it('show a whole job in its usual order, even within one millisecond', () => {
    expect(typesOf(timelineOf({ ...someRows(), stored: [] }))).toEqual([
      'job.accepted',
      'task.submitted',
      'webhook.received',
      'task.succeeded',
      'output.stored',
      'job.succeeded',
    ])
  })

  it('have distinct ids, which are ids of events', () => {
    const rows = someRows({
      tasks: [aTask(), aTask({ n: 31, providerTaskId: 'task-2' })],
      outputs: [aStoredOutput(0), aStoredOutput(31)],
      webhooks: ['0', '1'].map((first) => ({
        hash: `${first}0${hash}`,
        provider: 'runware',
        receivedAt: at,
      })),
    })
    const ids = timelineOf({ ...rows, stored: [] }).map((entry) => entry.id)
    expect(new Set(ids).size).toBe(10)
    for (const made of ids) expect(made).toMatch(/^evt_[0-7][0-9a-hjkmnp-tv-z]{25}$/)
  })

  it('keep their ids when others are added before them', () => {
    const early = someRows({ job: { settledAt: null, status: 'storing' }, outputs: [aStoredOutput(1)] })
    const later = { ...someRows(), outputs: [aStoredOutput(0), aStoredOutput(1)] }
    const ids = timelineOf({ ...later, stored: [aStored('task.deferred')] }).map((entry) => entry.id)
    expect(ids).toEqual(expect.arrayContaining(timelineOf({ ...early, stored: [] }).map((entry) => entry.id)))
  })

  it('have the ids under which they were notified', () => {
    const notified = [
      { id: 'evt_generating', type: 'job.generating' as const },
      { id: 'evt_stored', type: 'output.stored' as const },
      { id: 'evt_end', type: 'job.succeeded' as const },
      { id: 'evt_end', type: 'job.succeeded' as const },
    ]
    const entries = timelineOf({ ...someRows({ notified }), stored: [] })
    const notifiedIds = entries
      .filter((entry) => /_[a-z]+$/.test(entry.id))
      .map((entry) => [entry.type, entry.id])
    expect(notifiedIds).toEqual([
      ['task.submitted', 'evt_generating'],
      ['output.stored', 'evt_stored'],
      ['job.succeeded', 'evt_end'],
    ])
  })

  it('say for the first accepted task that the job is generating, not for a refused one before it', () => {
    const refused = { submittedAt: null, providerTaskId: null, completedVia: null }
    const fault = { code: 'rate_limited' as const, message: 'Busy.' }
    const tasks = [
      aTask({ ...refused, status: 'rejected', fault }),
      aTask({ n: 1, provider: 'crun', providerTaskId: 'task-2' }),
      aTask({ n: 2, provider: 'crun', providerTaskId: 'task-3', submittedAt: at + 1, endedAt: at + 1 }),
    ]
    const notified = [{ id: 'evt_generating', type: 'job.generating' as const }]
    const entries = timelineOf({ ...someRows({ tasks, notified }), stored: [] })
    expect(entries.slice(1, 3)).toMatchObject([
      { type: 'task.rejected', data: { provider: 'runware', fault: 'rate_limited', message: 'Busy.' } },
      { type: 'task.submitted', id: 'evt_generating', data: { provider_task_id: 'task-2' } },
    ])
  })

  it('say of a refusal where the job continued, also while it has no task there', () => {
    const fault = { code: 'auth' as const, message: 'Wrong key.' }
    const refusedBy = (n: number, provider: 'runware' | 'crun' | 'aimlapi') =>
      aTask({ n, provider, status: 'rejected', submittedAt: null, completedVia: null, fault })
    const nextOf = (provider: 'aimlapi' | 'crun', tasks: Task[]) =>
      timelineOf({ ...someRows({ job: { provider }, tasks, outputs: [] }), stored: [] })
        .filter(({ type }) => type === 'task.rejected')
        .map(({ data }) => data.next_provider)
    const [first, second] = [refusedBy(0, 'runware'), refusedBy(1, 'crun')]
    expect(nextOf('aimlapi', [first, second])).toEqual(['crun', 'aimlapi'])
    expect(nextOf('crun', [first, second])).toEqual(['crun', undefined])
  })

  it('say how the provider was chosen', () => {
    const choiceOf = (job: Partial<TimelineRows['job']>) =>
      timelineOf({ ...someRows({ job }), stored: [] })[0]?.data.choice
    const measured = [{ provider: 'crun' as const, median_seconds: 42, tasks: 17 }]
    expect(choiceOf({ request: aRequest({ provider: ['crun', 'runware'] }) })).toEqual({ by: 'named' })
    expect(choiceOf({ request: aRequest({ provider: 'crun' }) })).toEqual({ by: 'named' })
    expect(choiceOf({ request: aRequest({ provider: 'cheapest' }) })).toEqual({ by: 'cheapest' })
    expect(choiceOf({ request: aRequest({ provider: 'fastest' }), choice: { measured } })).toEqual({
      by: 'fastest',
      measured,
    })
  })

  it('leave out the end of a task that was given up with its canceled job', () => {
    const fault = { code: 'canceled' as const, message: 'The job was canceled.' }
    const tasks = [aTask({ status: 'rejected', submittedAt: null, completedVia: null, fault })]
    const rows = someRows({ job: { status: 'canceled' }, tasks, outputs: [], webhooks: [] })
    expect(typesOf(timelineOf({ ...rows, stored: [] }))).toEqual(['job.accepted', 'job.canceled'])
  })

  it('show an output once its header was read', () => {
    const unread = { ...aStoredOutput(), metadataReadAt: null } as const
    expect(typesOf(timelineOf({ ...someRows({ outputs: [unread] }), stored: [] }))).not.toContain(
      'output.stored',
    )
  })
})

describe('a stored entry', () => {
  it('replaces the made one about the same output, and no other', () => {
    const stored = [aStored('output.stored', { data: { n: 1, metadata_error: 'damaged' } })]
    const entries = timelineOf({ ...someRows({ outputs: [aStoredOutput(0), aStoredOutput(1)] }), stored })
    expect(entries.filter(({ type }) => type === 'output.stored')).toMatchObject([
      { data: { n: 0 } },
      { data: { n: 1, metadata_error: 'damaged' } },
    ])
  })

  it('replaces the made end of the job', () => {
    const stored = [aStored('job.succeeded')]
    const entries = timelineOf({ ...someRows(), stored })
    expect(entries.filter(({ type }) => type === 'job.succeeded')).toEqual(stored)
  })

  it('comes after the end, if it is about a notification', () => {
    const stored = [aStored('delivery.failed')]
    expect(typesOf(timelineOf({ ...someRows(), stored })).at(-1)).toBe('delivery.failed')
  })
})

describe('an event', () => {
  it.each([
    ['job.succeeded', {}, 1, true],
    ['job.succeeded', {}, 2, false],
    ['task.submitted', {}, 0, true],
    ['output.stored', { n: 0 }, 0, true],
    ['output.stored', { n: 0 }, 1, false],
    ['output.stored', { n: 0, metadata_error: 'damaged' }, 0, false],
    ['job.canceled', {}, 0, false],
    ['delivery.failed', {}, 0, false],
  ])('%s with data %j and %i deliveries is made from rows: %s', (type, data, deliveries, isMade) => {
    expect(isMadeFromRows({ type, data }, deliveries)).toBe(isMade)
  })
})
