/** Medians, percentiles and shares. */

/** One side of one round. */
export interface Measured {
  /** Per second. */
  rate: number
  /** Of single requests or jobs. */
  times: number[]
  cpuMsPerJob: number | null
}

interface Spread {
  median: number
  min: number
  max: number
}

export interface Row extends Summary {
  load: string
  unit: string
  /** The other side of the same rounds. */
  floor: ({ does: string } & Summary) | null
  /** Reelhook's rate divided by the floor's, of each round. */
  share: Spread | null
  /** The floor's CPU time divided by Reelhook's: other load on the machine changes it less. */
  cpuShare: Spread | null
  note: string
}

interface Summary {
  rate: number
  p50Ms: number
  p99Ms: number
  cpuMsPerJob: number | null
}

export function rowOf(
  { load, unit, does, note = '' }: { load: string; unit: string; does: string; note?: string },
  reelhook: Measured[],
  floor: Measured[],
): Row {
  const pairs = reelhook.flatMap((ours, round) => {
    const floors = floor[round]
    return floors === undefined ? [] : [{ ours, floors }]
  })
  const shares = pairs.map(({ ours, floors }) => ours.rate / floors.rate)
  const cpuShares = pairs.flatMap(({ ours, floors }) =>
    ours.cpuMsPerJob === null || floors.cpuMsPerJob === null ? [] : floors.cpuMsPerJob / ours.cpuMsPerJob,
  )
  return {
    load,
    unit,
    ...summaryOf(reelhook),
    floor: { does, ...summaryOf(floor) },
    share: spreadOf(shares),
    cpuShare: cpuShares.length === 0 ? null : spreadOf(cpuShares),
    note,
  }
}

function spreadOf(numbers: number[]): Spread {
  return { median: percentileOf(numbers, 0.5), min: Math.min(...numbers), max: Math.max(...numbers) }
}

/** NaN without numbers. */
export function percentileOf(numbers: number[], share: number): number {
  const sorted = numbers.toSorted((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

export function summaryOf(measured: Measured[]): Summary {
  const times = measured.flatMap((one) => one.times)
  const cpu = measured.flatMap(({ cpuMsPerJob }) => cpuMsPerJob ?? [])
  return {
    rate: percentileOf(
      measured.map(({ rate }) => rate),
      0.5,
    ),
    p50Ms: percentileOf(times, 0.5),
    p99Ms: percentileOf(times, 0.99),
    cpuMsPerJob: cpu.length === 0 ? null : percentileOf(cpu, 0.5),
  }
}
