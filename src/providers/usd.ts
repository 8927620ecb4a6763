/** A provider whose credits are told in dollars as well, by the rate at which its credits were bought. */

import { type Cost, inDollars } from '../core/cost.ts'
import type { Result } from '../core/fault.ts'
import type { Outcome, Provider, Submitted } from './provider.ts'

export function withUsd(provider: Provider, usdPerCredit: number | undefined): Provider {
  if (usdPerCredit === undefined) return provider
  const priced = <T extends { cost?: Cost }>(told: T): T =>
    told.cost === undefined ? told : { ...told, cost: inDollars(told.cost, usdPerCredit) }
  const outcome = (told: Outcome): Outcome => (told.state === 'pending' ? told : priced(told))
  const { estimate, findSubmission: find, parseWebhook: read } = provider
  return {
    ...provider,
    submit: async (submission) => map(await provider.submit(submission), priced),
    getStatus: async (task) => map(await provider.getStatus(task), outcome),
    ...(estimate && {
      estimate: async (request) => map(await estimate(request), (cost) => inDollars(cost, usdPerCredit)),
    }),
    ...(find && { findSubmission: async (lost) => map(await find(lost), (found) => foundIn(found, priced)) }),
    ...(read && {
      parseWebhook: (body) => read(body).map((item) => ({ ...item, outcome: outcome(item.outcome) })),
    }),
  }
}

function foundIn(found: Submitted | 'not_found', priced: (told: Submitted) => Submitted) {
  return found === 'not_found' ? found : priced(found)
}

function map<T>(result: Result<T>, change: (value: T) => T): Result<T> {
  return result.ok ? { ok: true, value: change(result.value) } : result
}
