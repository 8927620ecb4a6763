/** A provider that bills in credits, with each cost in US dollars as well, at the rate the credits were bought for. */

import { type Cost, inDollars } from '../core/cost.ts'
import type { Result } from '../core/fault.ts'
import type { Missing, Outcome, Provider, Submitted } from './provider.ts'

export function withUsd(provider: Provider, usdPerCredit: number | undefined): Provider {
  if (usdPerCredit === undefined) return provider
  const { estimate, findSubmission, parseWebhook } = provider
  const toUsd = (cost: Cost) => inDollars(cost, usdPerCredit)
  const priced = <T extends { cost?: Cost }>(value: T): T =>
    value.cost === undefined ? value : { ...value, cost: toUsd(value.cost) }
  const pricedOutcome = (outcome: Outcome) => (outcome.state === 'pending' ? outcome : priced(outcome))
  const pricedTask = (task: Submitted | Missing) => (typeof task === 'string' ? task : priced(task))
  return {
    ...provider,
    submit: async (submission, onAnswer) => map(await provider.submit(submission, onAnswer), priced),
    getStatus: async (task, onAnswer) => map(await provider.getStatus(task, onAnswer), pricedOutcome),
    ...(estimate && { estimate: async (request) => map(await estimate(request), toUsd) }),
    ...(findSubmission && {
      findSubmission: async (submission) => map(await findSubmission(submission), pricedTask),
    }),
    ...(parseWebhook && {
      parseWebhook: (body, tasks) =>
        parseWebhook(body, tasks).map((item) => ({ ...item, outcome: pricedOutcome(item.outcome) })),
    }),
  }
}

function map<T>(result: Result<T>, change: (value: T) => T): Result<T> {
  return result.ok ? { ok: true, value: change(result.value) } : result
}
