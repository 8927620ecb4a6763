/** Verdicts on a receiver, from its responses to the four test deliveries. No I/O. */
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
  /** `unknown`: the responses do not show it. */
  verdict: 'passed' | 'failed' | 'unknown'
  message: string
}

export function reportOn({ valid, forged, stale, duplicate }: TestDeliveries): Verdict[] {
  return [
    verdictOnConnection(valid),
    ...verdictsOnTls(valid),
    verdictOnValid(valid),
    verdictOnBad('refuses_forged', forged, valid, [
      'a forged signature',
      'Anyone who knows the URL can send it false events. Verify webhook-signature before you use the body.',
    ]),
    verdictOnBad('refuses_stale', stale, valid, [
      'a delivery that was signed an hour ago',
      'Anyone who recorded a delivery can replay it. Refuse a webhook-timestamp that is more than five minutes off.',
    ]),
    verdictOnDuplicate(duplicate, valid),
  ]
}

function verdictOnConnection({ status, error }: TestDelivery): Verdict {
  const name = 'reachable'
  if (status === null) return { name, verdict: 'failed', message: `No response came (${error}).` }
  return { name, verdict: 'passed', message: 'The host responded.' }
}

function verdictsOnTls({ tls, error }: TestDelivery): Verdict[] {
  const name = 'speaks_tls'
  switch (tls) {
    case 'established':
      return [{ name, verdict: 'passed', message: 'Its certificate is valid for its name.' }]
    case 'failed':
      return [{ name, verdict: 'failed', message: `The connection cannot be trusted: ${error}.` }]
    case 'unknown':
      return [{ name, verdict: 'unknown', message: 'No response came.' }]
    case 'unused':
      return []
  }
}

function verdictOnValid(valid: TestDelivery): Verdict {
  const name = 'accepts_valid'
  if (valid.status === null) return { name, verdict: 'unknown', message: 'No response came.' }
  if (isAccepted(valid)) return { name, verdict: 'passed', message: 'A valid delivery is accepted.' }
  const where =
    valid.redirectHost === null ? '' : ` It redirects to ${valid.redirectHost}: use that URL instead.`
  const message = `A valid delivery is refused: ${valid.error}.${where} Respond 2xx once the signature is verified, to unknown event types as well.`
  return { name, verdict: 'failed', message }
}

function verdictOnBad(
  name: Verdict['name'],
  bad: TestDelivery,
  valid: TestDelivery,
  [what, remedy]: [what: string, remedy: string],
): Verdict {
  if (isAccepted(bad)) return { name, verdict: 'failed', message: `It accepts ${what}. ${remedy}` }
  if (!isAccepted(valid))
    return { name, verdict: 'unknown', message: 'The valid delivery is not accepted either.' }
  if (isUndecided(bad))
    return { name, verdict: 'unknown', message: `The receiver did not decide (${bad.error}).` }
  return { name, verdict: 'passed', message: `It refuses ${what}.` }
}

function verdictOnDuplicate(duplicate: TestDelivery, valid: TestDelivery): Verdict {
  const name = 'accepts_duplicate'
  if (isAccepted(duplicate) && isAccepted(valid)) {
    const message = 'A repeated delivery is accepted, as it should be. Process each webhook-id once.'
    return { name, verdict: 'passed', message }
  }
  if (!isAccepted(valid))
    return { name, verdict: 'unknown', message: 'The first delivery is not accepted either.' }
  if (isUndecided(duplicate))
    return { name, verdict: 'unknown', message: `The receiver did not decide (${duplicate.error}).` }
  const message = `A repeated delivery is refused: ${duplicate.error}. It would be retried for days: respond 2xx to a webhook-id that you have processed.`
  return { name, verdict: 'failed', message }
}

function isAccepted({ error }: TestDelivery): boolean {
  return error === null
}

/** No response, or one that only defers the delivery. */
function isUndecided({ status }: TestDelivery): boolean {
  return status === null || status === 429 || status === 503
}
