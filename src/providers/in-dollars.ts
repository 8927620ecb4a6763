/** A provider whose credits are told in dollars as well, by the rate at which its credits were bought. */
import type { Result } from '../core/fault.ts'
import { type Cost, inDollars } from '../core/money.ts'
import type { Outcome, Provider, Submitted } from './provider.ts'

export function tellDollars(provider: Provider, usdPerCredit: number | undefined): Provider {
  if (usdPerCredit === undefined) return provider
  const priced = <T extends { cost?: Cost }>(told: T): T =>
    told.cost === undefined ? told : { ...told, cost: inDollars(told.cost, usdPerCredit) }
  const outcome = (told: Outcome): Outcome => (told.state === 'pending' ? told : priced(told))
  const { estimate, find, read } = provider
  return {
    ...provider,
    submit: async (submission) => map(await provider.submit(submission), priced),
    check: async (task) => map(await provider.check(task), outcome),
    ...(estimate && {
      estimate: async (request) => map(await estimate(request), (cost) => inDollars(cost, usdPerCredit)),
    }),
    ...(find && { find: async (lost) => map(await find(lost), (found) => foundIn(found, priced)) }),
    ...(read && {
      read: (body) => read(body).map((item) => ({ ...item, outcome: outcome(item.outcome) })),
    }),
  }
}

function foundIn(found: Submitted | 'not found', priced: (told: Submitted) => Submitted) {
  return found === 'not found' ? found : priced(found)
}

function map<T>(result: Result<T>, change: (value: T) => T): Result<T> {
  return result.ok ? { ok: true, value: change(result.value) } : result
}
