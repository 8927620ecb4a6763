/** A lost submission that was found again has its cost, or the job shows that its cost is unknown. */

import { describe, expect, it } from 'vitest'
import type { Cost } from '../../../src/core/cost.ts'
import { type SellerName, sellerNames } from '../../../src/core/request/choices.ts'
import type { SimulatedTask } from '../../../src/dev/simulator/task.ts'
import { advance } from '../../../src/engine/advance.ts'
import { postMarked } from '../../support/bills.ts'
import { pauseStep } from '../../support/hold-step.ts'
import { passTimeUntil } from '../../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../../support/runtime.ts'
import { world } from '../../support/world.ts'

const isSettled = ({ settled_at }: { settled_at: string | null }) => settled_at !== null
const providers = sellerNames
const losses = ['lost-after*1', 'garbage-after*1', '500-after*1', '504-after*1', 'a crash'] as const
const counts = [1, 2, 3, 4]

const table = providers.flatMap((provider) =>
  losses.flatMap((loss) => counts.map((count) => ({ provider, loss, count }))),
)

/** The sum of the provider's bills, in the unit of the given cost. */
function billedIn(cost: Cost, bills: readonly SimulatedTask[]): number {
  const amounts = bills.map((bill) => {
    if (!('credits' in cost)) return bill.billedUsd
    return 'creativeUnits' in bill ? bill.creativeUnits : 'credits' in bill ? bill.credits : Number.NaN
  })
  return amounts.reduce((sum, amount) => sum + amount, 0)
}

describe('the cost of a job whose submission was lost and found', () => {
  it.each(table)(
    'is the billed amount, or unknown: $provider, $loss, $count outputs',
    async ({ provider, loss, count }) => {
      const directives = loss === 'a crash' ? 'seconds=30' : `submit=${loss}`
      const { id, bills } = await postMarked(directives, { provider, count }, postWithoutWakeUp)
      if (loss === 'a crash') {
        const { resume } = await pauseStep(id, { call: submitPaths[provider], when: 'after' })
        await world.advance(90_000)
        await advance(aContext(), id)
        await resume()
      } else await advance(aContext(), id)
      const job = await passTimeUntil(id, isSettled)
      expect(job.status).toBe('succeeded')
      const isUnpriced = provider === 'scenario' && count === 1
      if (isUnpriced) expect(job.cost).toBeNull()
      else {
        expect(job.cost).not.toBeNull()
        const notified =
          job.cost === null ? 0 : 'credits' in job.cost ? job.cost.credits : job.cost.amount_usd
        expect(notified).toBeCloseTo(billedIn(job.cost ?? { amount_usd: 0, source: 'provider' }, bills()), 6)
        expect(job.cost?.source).toBe(sources[provider] ?? 'provider')
      }
    },
  )
})

/** Who names the amount, if it is not the provider for each task. */
const sources: Partial<Record<SellerName, Cost['source']>> = {
  scenario: 'provider_estimate',
  byteplus: 'price_table',
  // It reports no cost.
  fal: 'price_table',
}

const submitPaths = {
  runware: '/runware',
  crun: '/CreateTask',
  scenario: '/generate/custom',
  aimlapi: '/v2/video/generations',
  byteplus: '/contents/generations/tasks',
  fal: '/fal/bytedance',
}
