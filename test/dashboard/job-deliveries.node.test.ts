/** The deliveries on the page of a job, as HTML. */
import { expect, it } from 'vitest'
import { JobDeliveries } from '../../src/dashboard/job/deliveries.tsx'
import { aDelivery, aHistory } from '../support/histories.ts'

const { job } = aHistory()
const sent = aDelivery([[10_000, 10, 200]])
const none = { history: false, deliveries: false }

function html(deliveries: (typeof sent)[], { hasOlderDeliveries = false, isUnread = none } = {}): string {
  return String(JobDeliveries({ shown: { job, hasOlderDeliveries, isUnread }, deliveries }))
}

it('says that nothing was sent only if that is known', () => {
  expect(html([])).toContain('Nothing was sent yet')
  const unread = html([], { isUnread: { history: false, deliveries: true } })
  expect(unread).not.toContain('Nothing was sent yet')
  expect(unread).toContain('The deliveries could not be read. Load the page again.')
})

it('leads to the older deliveries if there are some', () => {
  expect(html([sent])).not.toContain('all deliveries')
  expect(html([sent], { hasOlderDeliveries: true })).toContain(
    'These are the latest 1: <a href="/deliveries?job_id=job_1">all deliveries</a>',
  )
})

it('offers to send again what can be sent', () => {
  const failed = aDelivery([[10_000, 10, 500]], { status: 'failed', reason: 'exhausted' })
  expect(html([failed])).toContain('Send again')
  for (const reason of ['endpoint_deleted', 'pruned'] as const)
    expect(html([{ ...failed, reason }])).not.toContain('Send again')
})
