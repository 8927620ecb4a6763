/** The events of all jobs, while connections break. */
import { beforeEach, expect, it, vi } from 'vitest'
import type { FollowOptions, StreamConnection } from '../../../src/sdk/client/index.ts'
import { type Answer, brokenAfter, lost, playing, problem, stream } from './server.ts'

beforeEach(() => {
  const setTimeoutNow = globalThis.setTimeout
  vi.stubGlobal('setTimeout', (run: () => void, ms: number) => setTimeoutNow(run, ms > 30_000 ? ms : 0))
})

const first = 'retry: 2000\n\n'
const heartbeat = (at: number) => `: heartbeat\nid: .${at}\n\n`
const event = (id: string, at: number) =>
  `event: job.failed\nid: ${id}.${at}\ndata: {"type":"job.failed","data":{"id":"job_${at}"}}\n\n`

function broken(...frames: string[]): Answer {
  const headers = { 'content-type': 'text/event-stream' }
  return () => new Response(brokenAfter(frames.join('')), { headers })
}

/** Reads this many events. */
async function follow(count: number, answers: Answer[], options: FollowOptions = {}) {
  const { reelhook, requests } = playing(answers)
  const states: StreamConnection[] = []
  const ids: (string | null)[] = []
  const following = { onConnection: (state: StreamConnection) => void states.push(state), ...options }
  for await (const { id } of reelhook.follow({}, following)) if (ids.push(id) === count) break
  return { ids, states, requests }
}

it('shows each event once, and continues after the last heartbeat', async () => {
  const gap =
    'event: gap\nid: .4\ndata: {"type":"gap","data":{"since":"2026-11-29T00:00:00.000Z","message":"?"}}\n\n'
  const { reelhook, requests } = playing([
    stream(first, event('evt_1', 1), ': heartbeat\nid: .2\n\n'),
    stream(first, event('evt_1', 1), event('evt_3', 3)),
    stream(first, gap),
  ])
  const seen: unknown[] = []
  for await (const { id, cursor, event } of reelhook.follow(
    { types: ['job.failed'], metadata: { order: '42' } },
    { lastEventId: '.0' },
  )) {
    seen.push([id, cursor, event.type])
    if (id === null) break
  }
  expect(seen).toEqual([
    ['evt_1', 'evt_1.1', 'job.failed'],
    ['evt_3', 'evt_3.3', 'job.failed'],
    [null, '.4', 'gap'],
  ])
  expect(requests.map(({ headers }) => headers.get('last-event-id'))).toEqual(['.0', '.2', 'evt_3.3'])
  expect([...new URL(requests[0]?.url ?? '').searchParams]).toEqual([
    ['types', 'job.failed'],
    ['metadata[order]', '42'],
  ])
})

it('says when it is open, when it breaks, and when it is open again', async () => {
  const { ids, states } = await follow(2, [
    broken(first, heartbeat(1), event('evt_1', 5)),
    lost,
    problem(503, 'unavailable'),
    stream(first, event('evt_1', 5), event('evt_2', 7)),
  ])
  expect(ids).toEqual(['evt_1', 'evt_2'])
  expect(states).toEqual([
    { isOpen: true },
    { isOpen: false, error: expect.objectContaining({ code: 'unreachable' }) },
    { isOpen: true },
  ])
})

it('continues however long the interruption was, and repeats nothing', async () => {
  const outage = Array.from({ length: 1_000 }, () => lost)
  const { ids, states } = await follow(2, [
    broken(first, event('evt_1', 1)),
    ...outage,
    stream(first, event('evt_1', 1), event('evt_2', 2)),
  ])
  expect(ids).toEqual(['evt_1', 'evt_2'])
  expect(states).toHaveLength(3)
})

it('fails within seconds if it cannot be opened at first', async () => {
  const { reelhook, requests } = playing([lost])
  await expect(reelhook.follow()[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'unreachable',
  })
  expect(requests).toHaveLength(5)
})

it.each([
  { status: 401, code: 'unauthorized' },
  { status: 403, code: 'forbidden' },
])('ends if it is refused later with $status', async ({ status, code }) => {
  const answers = [broken(first, event('evt_1', 1)), problem(status, code), stream(event('evt_2', 2))]
  await expect(follow(2, answers)).rejects.toMatchObject({ status, code })
})

it.each([429, 408, 503])('continues after %s on a later connection', async (status) => {
  const answers = [
    broken(first, event('evt_1', 1)),
    problem(status, 'rate_limited'),
    stream(event('evt_2', 2)),
  ]
  expect((await follow(2, answers)).ids).toEqual(['evt_1', 'evt_2'])
})

it('ends with the reason of its signal', async () => {
  const stop = new AbortController()
  const onConnection = () => stop.abort(new Error('enough'))
  const following = follow(2, [stream(first, heartbeat(1))], { signal: stop.signal, onConnection })
  await expect(following).rejects.toThrow('enough')
})
