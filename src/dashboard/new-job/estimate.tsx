/** The price of the video at each provider, or the reasons why a provider cannot make it. */

import { formatUsd } from '../../core/format.ts'
import { Time } from '../components/time.tsx'
import { amountOf } from '../cost-words.ts'
import { labelOf } from './faults.tsx'
import type { Estimate, Loaded } from './load.ts'
import { isSelection } from './provider-choices.ts'

/** `provider`: the choice in the form. */
export function Estimates({ loaded, provider }: { loaded: Loaded; provider: string }) {
  const { estimates, problem, faults, budget } = loaded
  return (
    <section class="card" aria-labelledby="estimate-title">
      <h2 id="estimate-title">Estimate</h2>
      <p id="estimate-line" data-part role="status">
        {lineOf(estimates, provider)}
      </p>
      <div id="estimate" data-part>
        {estimates === null && problem !== null && (
          <ul>
            {[...(problem.errors ?? []), ...faults].map(({ path, message }) => (
              <li>{`${labelOf(path)} ${message}`}</li>
            ))}
          </ul>
        )}
        {estimates !== null && <EstimateTable estimates={estimates} provider={provider} />}
        {budget !== null && (
          <p>
            {formatUsd(budget.remaining_usd)} of the {formatUsd(budget.monthly_budget_usd)} of this key are
            left until <Time at={budget.month_ends_at} />.
          </p>
        )}
      </div>
      <button type="submit" name="action" value="estimate" data-no-script>
        Estimate
      </button>
    </section>
  )
}

function lineOf(estimates: Estimate[] | null, provider: string): string {
  if (estimates === null) return 'There is no price until this is corrected.'
  const allowed = allowedOf(estimates, provider)
  const possible = allowed.filter(({ eligible }) => eligible)
  const [first] = possible
  if (first === undefined)
    return allowed.length === 0 ? 'No provider has an API key here.' : 'No allowed provider can make this.'
  const price = first.cost === null ? 'An unknown price' : amountOf(first.cost)
  if (possible.length === 1) return `${price} at ${first.provider}.`
  const by = isSelection(provider) ? provider : 'the list'
  return `${price} at ${first.provider}, which ${by} tries first.${cheaperWords(first, possible)}`
}

/** Credits without a price in US dollars cannot be compared. */
function cheaperWords(first: Estimate, possible: readonly Estimate[]): string {
  const cheapest = possible.find(({ provider }) => provider === cheapestOf(possible))
  if (first.cost?.amount_usd === undefined || cheapest?.cost == null || cheapest === first) return ''
  return ` The cheapest is ${cheapest.provider}: ${amountOf(cheapest.cost)}.`
}

function EstimateTable({ estimates, provider }: { estimates: Estimate[]; provider: string }) {
  const cheapest = cheapestOf(estimates)
  const first = allowedOf(estimates, provider).find(({ eligible }) => eligible)?.provider
  return (
    <table class="estimates">
      <thead>
        <tr>
          <th scope="col">Provider</th>
          <th scope="col">Price</th>
        </tr>
      </thead>
      <tbody>
        {estimates.map((estimate) => (
          <tr>
            <th scope="row">
              {estimate.provider}{' '}
              {estimate.provider === cheapest && <span class="status good">cheapest</span>}{' '}
              {estimate.provider === first && <span class="status active">used first</span>}
            </th>
            <td>
              <Price estimate={estimate} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Price({ estimate }: { estimate: Estimate }) {
  const { eligible, cost, unpriced, reasons, warnings } = estimate
  return (
    <>
      {cost !== null && <strong>{amountOf(cost)}</strong>}
      {eligible && cost === null && (unpriced ?? 'No price is known.')}
      {!eligible && 'Cannot make this:'}
      {[...reasons, ...warnings].map(({ path, message }) => (
        <p class="quiet">{`${labelOf(path)} ${message}`}</p>
      ))}
    </>
  )
}

/** In the order in which the job tries them. */
function allowedOf(estimates: readonly Estimate[], provider: string): readonly Estimate[] {
  if (isSelection(provider)) return estimates
  return provider.split(',').flatMap((name) => estimates.filter((estimate) => estimate.provider === name))
}

function cheapestOf(estimates: readonly Estimate[]): string | undefined {
  const priced = estimates.flatMap(({ provider, eligible, cost }) =>
    eligible && cost?.amount_usd !== undefined ? [{ provider, usd: cost.amount_usd }] : [],
  )
  return priced.toSorted((left, right) => left.usd - right.usd)[0]?.provider
}
