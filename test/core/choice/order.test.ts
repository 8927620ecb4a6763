/** The order of providers, as pure functions. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { measuredTimesIn, minMeasuredTasks } from '../../../src/core/choice/measured-times.ts'
import {
  type Known,
  nothingKnown,
  ordered,
  orderedByPrice,
  reasonOf,
} from '../../../src/core/choice/order.ts'
import type { TriedLast } from '../../../src/core/choice/refusals.ts'
import { bucketOf } from '../../../src/core/histogram.ts'
import type { ProviderName } from '../../../src/core/request/choices.ts'

const wanted = { model: 'seedance-2.0', resolution: '720p' } as const
/** Of all that there are: how many it is makes no difference. */
const compared = ['runware', 'crun', 'scenario', 'aimlapi'] as const
const candidates = compared.map((name) => ({ name }))
const namesOf = (some: readonly { name: ProviderName }[]) => some.map(({ name }) => name)

/** Tasks of the wanted model and resolution. */
function measured(provider: ProviderName, ms: number, tasks = minMeasuredTasks) {
  return { [`${provider} seedance-2.0 720p_${bucketOf(ms)}`]: tasks }
}

function trouble(provider: ProviderName, model: TriedLast['model'] = null): TriedLast {
  return { provider, model, sinceMs: 1_000, untilMs: 400_000, fault: 'out_of_credit' }
}

function known(counts: Record<string, number>, triedLast: TriedLast[] = []): Known {
  return { times: measuredTimesIn(counts), triedLast }
}

const fastest = (of: Known, model: 'seedance-2.0' | 'seedance-2.0-fast' = 'seedance-2.0') =>
  namesOf(ordered(candidates, 'fastest', of, { ...wanted, model }))

describe('fastest', () => {
  it('is the shortest median first, then those without one in the order of auto', () => {
    const times = known({ ...measured('aimlapi', 60_000), ...measured('scenario', 30_000) })
    expect(fastest(times)).toEqual(['scenario', 'aimlapi', 'runware', 'crun'])
  })

  it('is the order of auto if no provider has enough tasks', () => {
    const tooFew = known(measured('aimlapi', 30_000, minMeasuredTasks - 1))
    expect(fastest(tooFew)).toEqual([...compared])
    expect(fastest(nothingKnown)).toEqual([...compared])
  })

  it('compares medians: a few slow tasks do not count', () => {
    const times = known({
      ...measured('runware', 50_000),
      ...measured('crun', 40_000, 6),
      ...measured('crun', 900_000, 5),
    })
    expect(fastest(times).slice(0, 2)).toEqual(['crun', 'runware'])
  })

  it('does not mix models and resolutions', () => {
    expect(fastest(known(measured('aimlapi', 30_000)), 'seedance-2.0-fast')).toEqual([...compared])
    const large = { [`aimlapi seedance-2.0 1080p_${bucketOf(30_000)}`]: 50 }
    expect(fastest(known(large))).toEqual([...compared])
  })
})

describe('cheapest', () => {
  const usd: Partial<Record<ProviderName, number>> = { runware: 0.2, scenario: 0.1 }
  const cheapest = (of: Known) => namesOf(orderedByPrice(candidates, ({ name }) => usd[name], of, wanted))

  it('is the lowest price first, then those without one in the order of auto', () => {
    expect(cheapest(nothingKnown)).toEqual(['scenario', 'runware', 'crun', 'aimlapi'])
  })

  it('tries the cheapest one last if it refuses submissions', () => {
    expect(cheapest(known({}, [trouble('scenario')]))).toEqual(['runware', 'crun', 'aimlapi', 'scenario'])
  })
})

describe('a provider that is tried last', () => {
  it('comes after the others for auto and fastest, also if it is the fastest', () => {
    const of = known(measured('runware', 10_000), [trouble('runware')])
    const names = ['crun', 'scenario', 'aimlapi', 'runware']
    expect(namesOf(ordered(candidates, 'auto', of, wanted))).toEqual(names)
    expect(fastest(of)).toEqual(names)
  })

  it('has its place for the other models, if the trouble is about one', () => {
    const of = known({}, [trouble('runware', 'seedance-2.0-fast')])
    expect(fastest(of)).toEqual([...compared])
    expect(fastest(of, 'seedance-2.0-fast').at(-1)).toBe('runware')
  })

  it('loses no provider, and keeps the order of those that are tried last together', () => {
    fc.assert(
      fc.property(fc.subarray([...compared]), (inTrouble) => {
        const of = known(
          {},
          inTrouble.map((name) => trouble(name)),
        )
        const names = namesOf(ordered(candidates, 'auto', of, wanted))
        expect(names).toEqual([...compared.filter((name) => !inTrouble.includes(name)), ...inTrouble])
      }),
    )
  })
})

describe('the reason', () => {
  const of = known(measured('crun', 40_000, 17), [trouble('runware'), trouble('scenario')])

  it('of fastest has the medians, and of all selections the providers that are tried last', () => {
    const last = {
      fault: 'out_of_credit',
      since: '1970-01-01T00:00:01.000Z',
      until: '1970-01-01T00:06:40.000Z',
    }
    const reason = reasonOf(['crun', 'runware'], of, { ...wanted, provider: 'fastest' })
    expect(reason.measured).toEqual([{ provider: 'crun', median_seconds: expect.closeTo(40, -1), tasks: 17 }])
    expect(reason.tried_last).toEqual([{ provider: 'runware', ...last }])
    expect(reasonOf(['crun', 'runware'], of, { ...wanted, provider: 'auto' }).measured).toEqual([])
  })
})
