/** The expected cost of a job, and its provider. */
import type { Estimate, JobRequest } from '../../client/index.ts'
import type { Cli } from '../cli.ts'
import { Stop } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { costText } from '../job/words.ts'

/** That of the provider that would be asked first. Fails with all reasons if there is none. */
export async function estimateOf(cli: Cli, request: JobRequest): Promise<Estimate> {
  const { data } = await (await cli.api()).createEstimate({ body: request }, cli.call)
  const possible = data.filter(isPossible)
  const [first] = request.provider === 'cheapest' ? possible.toSorted(byAmount) : possible
  if (first !== undefined) return first
  const errors = data.flatMap(({ provider, reasons }) =>
    reasons.map(({ path, message }) => ({ path, message: `${message} (${provider})` })),
  )
  const message = 'No provider can make this video.'
  throw new Stop({ exitCode: exitCodes.refused, code: 'no_provider', message, errors })
}

/** The budget is left to the request: a repetition with its Idempotency-Key gets its job, whatever remains. */
function isPossible({ eligible, cost, reasons }: Estimate): boolean {
  const isPriced = cost?.amount_usd !== undefined
  return eligible || (isPriced && reasons.every(({ path }) => path === 'monthly_budget_usd'))
}

export function estimateText({ provider, cost, unpriced }: Estimate): string {
  if (cost === null) return `The price at ${provider} is unknown${unpriced === null ? '' : ` (${unpriced})`}`
  return `About ${costText(cost).replace('~', '')} at ${provider}`
}

function byAmount(one: Estimate, two: Estimate): number {
  return (one.cost?.amount_usd ?? Infinity) - (two.cost?.amount_usd ?? Infinity) || 0
}
