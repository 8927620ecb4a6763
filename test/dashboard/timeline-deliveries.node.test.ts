/** The deliveries of a job on its time axis. */
import { describe, expect, it } from 'vitest'
import { aDelivery, aHistory, allRows, iso, rowsOf, segmentsOf } from '../support/histories.ts'

describe('deliveries', () => {
  it('each attempt is a bar with its answer, after the wait before it', () => {
    const attempts: Parameters<typeof aDelivery>[0] = [
      [10_000, 100, 500],
      [15_100, 200, 'connection refused'],
      [315_000, 300, 200],
    ]
    const history = aHistory({ deliveries: [aDelivery(attempts)], now: 400_000 })
    expect(rowsOf(history).slice(2)).toEqual([
      'job.succeeded to caller.test: HTTP 500',
      'job.succeeded to caller.test, attempt 2: connection refused',
      'job.succeeded to caller.test, attempt 3: HTTP 200',
    ])
    expect(segmentsOf(history, 'job.succeeded to caller.test, attempt 3')).toEqual([
      'wait 15300-315000',
      'work 315000-315300',
    ])
    const [first, second] = allRows(history).slice(2)
    expect(first?.answers).toMatchObject([{ headers: { 'content-type': 'text/plain' }, body: 'its answer' }])
    expect(second?.answers).toEqual([])
  })

  it('are told apart by their paths, without the query, if several receivers have the same host', () => {
    const to = (url: string) => aDelivery([[10_000, 100, 200]], { url })
    const other = to('https://other.test/hook?key=1')
    const same = [to('https://caller.test/a?key=secret'), to('https://caller.test/b#token')]
    expect(rowsOf(aHistory({ deliveries: [...same, other], now: 400_000 })).slice(2)).toEqual([
      'job.succeeded to caller.test/a: HTTP 200',
      'job.succeeded to caller.test/b: HTTP 200',
      'job.succeeded to other.test: HTTP 200',
    ])
    const twice = [to('https://caller.test/a'), to('https://caller.test/a')]
    expect(rowsOf(aHistory({ deliveries: twice, now: 400_000 })).at(-1)).toBe(
      'job.succeeded to caller.test: HTTP 200',
    )
  })

  it('a pending delivery shows the wait for its next attempt', () => {
    const waiting = aDelivery([[10_000, 100, 500]], { status: 'pending', next_attempt_at: iso(320_000) })
    const history = aHistory({ deliveries: [waiting] })
    expect(rowsOf(history)).toContain('job.succeeded to caller.test, attempt 2: in 5 min')
    expect(segmentsOf(history, 'job.succeeded to caller.test, attempt 2')).toEqual(['wait 10100-20000 open'])
    const held = aDelivery([], { status: 'pending', reason: 'waiting_for_host' })
    expect(rowsOf(aHistory({ deliveries: [held] }))).toContain(
      'job.succeeded to caller.test: due: waiting for host',
    )
  })

  it('a delivery whose attempts were deleted still shows how it ended', () => {
    const pruned = aDelivery([], { attempt_count: 2 })
    expect(rowsOf(aHistory({ deliveries: [pruned] }))).toContain(
      'job.succeeded to caller.test, attempt 2: delivered',
    )
    const failed = aDelivery([], { status: 'failed', reason: 'endpoint_deleted' })
    expect(rowsOf(aHistory({ deliveries: [failed] }))).toContain(
      'job.succeeded to caller.test: failed: endpoint deleted',
    )
  })
})
