/** The time axis as HTML. */
import { expect, it } from 'vitest'
import type { AnswerView } from '../../src/api/jobs/answers.ts'
import type { JobHistory } from '../../src/dashboard/timeline/history.ts'
import { JobTimeline } from '../../src/dashboard/timeline/timeline.tsx'
import { aDelivery, aHistory, anAnswer, aTask, type EventAt, iso } from '../support/histories.ts'

function html(history: JobHistory, answers?: AnswerView[]): string {
  return String(JobTimeline({ history, ...(answers && { answers }) }))
}

const idsIn = (page: string) => [...page.matchAll(/<details id="([^"]*)"/g)].map(([, id]) => id)

const submitted: EventAt = [400, 'task.submitted', { provider: 'runware', provider_task_id: 'remote-1' }]

it('reads in words what the bars show', () => {
  const page = html(aHistory({ events: [submitted], job: { tasks: [aTask()] } }))
  const text = page.replaceAll(/<svg.*?<\/svg>/g, '').replaceAll(/<[^>]*>/g, '')
  expect(text).toContain('Generation at runware succeeded (learned by its webhook)')
  expect(text).toContain('from 400 ms to 9 s. Took 8.6 s')
  expect(text).toContain('2026-11-29 10:00:00 UTC (400 ms after acceptance)')
})

it('hides every picture from screen readers, and has no style of its own', () => {
  const page = html(aHistory({ events: [submitted], job: { tasks: [aTask()] } }))
  const pictures = page.match(/<svg[^>]*>/g) ?? []
  expect(pictures.length).toBeGreaterThan(3)
  for (const picture of pictures) expect(picture).toContain('aria-hidden="true"')
  expect(page).not.toMatch(/\sstyle=/)
})

it('escapes what providers and receivers answered, and marks its direction', () => {
  const history = aHistory({
    events: [submitted, [500, 'moon.rose', { note: '<b>full</b>' }]],
    job: { tasks: [aTask()] },
    deliveries: [aDelivery([[10_000, 10, '<i>refused</i>']])],
  })
  const page = html(history, [
    anAnswer({ received_at: iso(399), body: '<script>alert(1)</script>', truncated: true }),
  ])
  expect(page).not.toMatch(/<script|<b>|<i>/)
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(page).toContain('<pre dir="auto">')
  expect(page).toMatch(/HTTP 200, <time[^>]*>[^<]*<\/time>, cut/)
})

it('shows the headers of a receiver above its body, and links its delivery', () => {
  const page = html(aHistory({ deliveries: [aDelivery([[10_000, 10, 500]], { id: 'dlv_7' })] }))
  expect(page).toContain('content-type: text/plain\n\nits answer')
  expect(page).toContain('<a href="/deliveries/dlv_7">dlv_7</a>')
})

it('shows facts as a person reads them: durations, times, and the rest as it is', () => {
  const deferred = { provider: 'runware', fault: 'rate_limited', wait_ms: 2_000, note: null, list: [1, 2] }
  const page = html(aHistory({ events: [[300, 'task.deferred', deferred]] }))
  expect(page).toContain('<dt>wait</dt><dd dir="auto">2 s</dd>')
  expect(page).toContain('<dt>deadline</dt><dd dir="auto"><time datetime="2026-11-29T10:30:00.000Z">')
  expect(page).toContain('<dt>list</dt><dd dir="auto">[1,2]</dd>')
  expect(page).not.toContain('<dt>note</dt>')
})

it('shows costs in words, also those of several providers', () => {
  const cost = { amount_usd: 0.405, source: 'provider' } as const
  const estimates = {
    runware: { amount_usd: 0.4, source: 'price_table' },
    crun: { credits: 12, source: 'provider' },
  }
  const page = html(
    aHistory({ events: [submitted, [500, 'moon.rose', { estimates }]], job: { tasks: [aTask({ cost })] } }),
  )
  expect(page).toContain('<dd dir="auto">$0.405, as the provider reported it</dd>')
  expect(page).toContain(
    '<dd dir="auto">runware: $0.40, an estimate from published prices; crun: 12 credits, as the provider reported it</dd>',
  )
})

it('folds what is much: rows beyond the first of a group, and all events', () => {
  const webhooks = Array.from(
    { length: 120 },
    (_, n): EventAt => [500 + n, 'webhook.received', { provider: 'runware', n }],
  )
  const deliveries = Array.from({ length: 50 }, (_, n) => aDelivery([[10_000, 10, 200]], { id: `dlv_${n}` }))
  const page = html(aHistory({ events: webhooks, deliveries }))
  expect(page).toContain('<summary>26 more rows</summary>')
  expect(page).toContain('<summary>All 120 events</summary>')
  expect(page).toContain('&quot;n&quot;: 119')
  expect(page.match(/Webhooks of runware/g)).toHaveLength(1)
  const ids = idsIn(page)
  expect(ids).toContain('timeline-more-deliveries')
  expect(new Set(ids).size).toBe(ids.length)
})

it('says in the legend how long the longest wait is that is drawn shorter', () => {
  const late = aDelivery([
    [10_000, 10, 500],
    [259_210_010, 10, 200],
  ])
  expect(html(aHistory({ deliveries: [late], now: 259_300_000 }))).toContain('(up to 3 d)')
  expect(html(aHistory({ events: [submitted] }))).not.toContain('drawn shorter')
})
