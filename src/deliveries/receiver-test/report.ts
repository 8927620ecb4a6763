/** What the answers to the four probes say of a receiver, in words. No I/O. */
import type { TestDeliveries, TestDelivery } from './send.ts'

export const verdictNames = [
  'reachable',
  'speaks_tls',
  'accepts_valid',
  'refuses_forged',
  'refuses_stale',
  'accepts_duplicate',
] as const

export interface Verdict {
  name: (typeof verdictNames)[number]
  /** `unknown`: what came does not tell. */
  verdict: 'passed' | 'failed' | 'unknown'
  message: string
}

export function reportOn({ valid, forged, stale, duplicate }: TestDeliveries): Verdict[] {
  return [
    judgeReachable(valid),
    ...judgeTls(valid),
    judgeValid(valid),
    judgeBad('refuses_forged', forged, valid, [
      'a forged signature',
      'Whoever knows the URL can tell it anything. Verify webhook-signature before the body is believed.',
    ]),
    judgeBad('refuses_stale', stale, valid, [
      'a delivery that was signed an hour ago',
      'Whoever recorded one can play it again. Refuse a webhook-timestamp more than five minutes away.',
    ]),
    judgeDuplicate(duplicate, valid),
  ]
}

function judgeReachable({ status, error }: TestDelivery): Verdict {
  const name = 'reachable'
  if (status === null) return { name, verdict: 'failed', message: `No answer came (${error}).` }
  return { name, verdict: 'passed', message: 'An answer came from the host.' }
}

function judgeTls({ tls, error }: TestDelivery): Verdict[] {
  const name = 'speaks_tls'
  switch (tls) {
    case 'established':
      return [{ name, verdict: 'passed', message: 'Its certificate is valid for its name.' }]
    case 'failed':
      return [{ name, verdict: 'failed', message: `No connection can be trusted: ${error}.` }]
    case 'unknown':
      return [{ name, verdict: 'unknown', message: 'No answer came.' }]
    case 'unused':
      return []
  }
}

function judgeValid(valid: TestDelivery): Verdict {
  const name = 'accepts_valid'
  if (valid.status === null) return { name, verdict: 'unknown', message: 'No answer came.' }
  if (isAccepted(valid)) return { name, verdict: 'passed', message: 'A valid delivery is accepted.' }
  const where =
    valid.redirectHost === null ? '' : ` It leads to ${valid.redirectHost}: give that URL instead.`
  const message = `A valid delivery is refused: ${valid.error}.${where} Answer 2xx once the signature is verified, to types that you do not know as well.`
  return { name, verdict: 'failed', message }
}

function judgeBad(
  name: Verdict['name'],
  bad: TestDelivery,
  valid: TestDelivery,
  [what, remedy]: [what: string, remedy: string],
): Verdict {
  if (isAccepted(bad)) return { name, verdict: 'failed', message: `It accepts ${what}. ${remedy}` }
  if (!isAccepted(valid))
    return { name, verdict: 'unknown', message: 'The valid one is not accepted either.' }
  if (isUndecided(bad)) return { name, verdict: 'unknown', message: `It was not decided (${bad.error}).` }
  return { name, verdict: 'passed', message: `It refuses ${what}.` }
}

function judgeDuplicate(duplicate: TestDelivery, valid: TestDelivery): Verdict {
  const name = 'accepts_duplicate'
  if (isAccepted(duplicate) && isAccepted(valid)) {
    const message = 'A repeated delivery is accepted, as it should be. Act on each webhook-id once.'
    return { name, verdict: 'passed', message }
  }
  if (!isAccepted(valid))
    return { name, verdict: 'unknown', message: 'The first one is not accepted either.' }
  if (isUndecided(duplicate))
    return { name, verdict: 'unknown', message: `It was not decided (${duplicate.error}).` }
  const message = `A repeated delivery is refused: ${duplicate.error}. It would be tried again for days: answer 2xx to a webhook-id that you know.`
  return { name, verdict: 'failed', message }
}

function isAccepted({ error }: TestDelivery): boolean {
  return error === null
}

/** No answer, or one that only puts it off. */
function isUndecided({ status }: TestDelivery): boolean {
  return status === null || status === 429 || status === 503
}
