/**
 * The platform's limits must not look like faults of others. The Worker's edge reported each submission and each
 * callback that left it, and each that the platform answered for a host that it could not reach.
 */
import type { Case, Evidence } from './evidence.ts'
import { forEach, type Law } from './law.ts'

export function lawsOfThePlatform({ cases, lostResponses }: Evidence): Law[] {
  const notified = cases.filter(({ plan }) => plan.behavior !== null)
  const responsive = notified.filter(({ plan }) => !isSilent(plan.behavior))
  return [
    {
      ...forEach('no submission that was not sent is unknown', cases, ({ id, requests }) => {
        const lost = lostResponses.filter((jobId) => jobId === id).length
        const sent = requests.submitted - requests.notSubmitted
        return lost <= sent ? [] : [`${lost} responses were lost, but only ${sent} submissions were sent`]
      }),
      checked: sum(cases.map(({ requests }) => requests.notSubmitted)),
    },
    forEach('no host that responds in time is blamed for a timeout', responsive, ({ attempts }) =>
      attempts.flatMap(({ n, error }) =>
        /TimeoutError/.test(String(error)) ? [`attempt ${n}: ${error}`] : [],
      ),
    ),
    forEach('every failure of a host is that of a request', notified, ({ attempts, requests }) =>
      attempts.length <= requests.notified
        ? []
        : [`${attempts.length} attempts, but only ${requests.notified} requests`],
    ),
  ]
}

/** It responds later than the Worker waits. */
function isSilent(behavior: Case['plan']['behavior']): boolean {
  return behavior === 'hang_once' || behavior === 'respond_late_once' || behavior === 'endless_body'
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
