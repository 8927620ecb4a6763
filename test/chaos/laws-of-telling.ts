/** What callers were told: by their own records, held against the delivery log. */
import { deliveryWaitsMs } from '../../src/core/schedule.ts'
import { retryAfterSeconds, takesIt } from './callers.ts'
import type { Case, Evidence } from './evidence.ts'
import { each, type Law } from './law.ts'

export function ofTelling({ cases, strays }: Evidence): Law[] {
  const owed = cases.filter(({ plan }) => plan.behaviour !== null)
  const silent = cases.filter(({ plan }) => plan.behaviour === null)
  return [
    each('every caller was told, under one webhook-id', owed, toldOnce),
    each('every delivery ended as its caller answered', owed, endedAsAnswered),
    each('every attempt waited as the schedule and the caller say', owed, waited),
    each('nobody was told who did not ask', silent, ({ told, rows }) =>
      told.length + rows.deliveries.length === 0 ? [] : ['was told'],
    ),
    {
      says: 'no redirect was followed',
      checked: owed.filter(({ plan }) => /redirects/.test(plan.behaviour ?? '')).length,
      breaches: strays.filter((stray) => !stray.includes('/trap')),
    },
  ]
}

function toldOnce({ id, told, rows }: Case): string[] {
  const [job] = rows.jobs
  const [first] = told
  if (first === undefined) return ['nobody was told']
  const event = JSON.parse(first.body)
  const ids = new Set(told.map(({ eventId }) => eventId))
  const bodies = new Set(told.map(({ body }) => body))
  return [
    ...(ids.size === 1 ? [] : [`was told under ${ids.size} ids`]),
    ...(bodies.size === 1 ? [] : ['was told in different words']),
    ...(told.every(({ verified }) => verified) ? [] : ['a signature does not verify']),
    ...(event.type === `job.${job?.status}` && event.data.id === id ? [] : [`was told of ${event.type}`]),
  ]
}

function endedAsAnswered({ plan, rows, attempts, told }: Case): string[] {
  const [delivery, ...others] = rows.deliveries
  if (delivery === undefined || others.length > 0) return [`has ${rows.deliveries.length} deliveries`]
  const last = attempts.at(-1)
  const isTaken = plan.behaviour !== null && takesIt(plan.behaviour)
  const isAll = attempts.length === deliveryWaitsMs.length || last?.status === 410
  const answered = attempts.filter(({ status }) => status !== null).length
  return [
    ...(delivery.status === (isTaken ? 'delivered' : 'failed') ? [] : [`ended as ${delivery.status}`]),
    ...(isTaken || isAll ? [] : [`was given up after ${attempts.length} attempts`]),
    ...(delivery.attempts === attempts.length ? [] : ['an attempt is not on record']),
    ...(answered <= told.length ? [] : ['an attempt is on record that the caller never heard']),
  ]
}

function waited({ attempts }: Case): string[] {
  return attempts.flatMap((attempt, index) => {
    const next = attempts[index + 1]
    if (next === undefined) return []
    const scheduledMs = (deliveryWaitsMs[index + 1] ?? 0) * 0.8
    const askedMs = attempt.status === 429 ? retryAfterSeconds * 1_000 : 0
    const waitedMs = Number(next.started_at) - Number(attempt.started_at)
    return waitedMs >= Math.max(scheduledMs, askedMs)
      ? []
      : [`attempt ${next.n} came after ${waitedMs / 1_000} s`]
  })
}
