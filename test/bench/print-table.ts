/** The tables of a run. */
import type { Counters } from './floor-calls.ts'
import { type Bill, pricesOf } from './prices.ts'
import type { Row } from './statistics.ts'

export function printRows(rows: Row[]): void {
  console.table(
    rows.map(({ load, unit, rate, p50Ms, p99Ms, cpuMsPerJob, floor, share, cpuShare, note }) => ({
      load,
      rate: `${numberText(rate)} ${unit}/s`,
      'p50 ms': numberText(p50Ms),
      'p99 ms': numberText(p99Ms),
      'CPU ms': cpuMsPerJob === null ? '' : numberText(cpuMsPerJob),
      floor: floor === null ? '' : `${floor.does}: ${numberText(floor.rate)}/s`,
      share: share === null ? '' : share.median.toFixed(2),
      spread: share === null ? '' : `${share.min.toFixed(2)} – ${share.max.toFixed(2)}`,
      'share of CPU': cpuShare === null ? '' : cpuShare.median.toFixed(2),
      note,
    })),
  )
}

export function printCounters(reelhook: Counters, floor: Counters): void {
  console.log('\nOne webhook job, from its POST to its callback, counted:')
  console.table({ Reelhook: reelhook, 'floor Worker': floor })
}

export function printBill({ units, dollars, total }: Bill): void {
  console.log(`\nDollars per million jobs beyond the quotas, with Cloudflare's prices of ${pricesOf}.`)
  console.log(
    units.cpuMs === 0
      ? 'CPU is not in it: no whole jobs were measured.'
      : 'CPU is that of the whole local runtime, which also runs the local D1, R2 and queues: an upper bound.',
  )
  const per = (amounts: Record<string, number>) =>
    Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, Number(amount.toFixed(2))]))
  console.table({ 'per job': per(units), dollars: { ...per(dollars), total: Number(total.toFixed(2)) } })
}

/** Three digits. */
function numberText(number: number): string {
  if (!Number.isFinite(number)) return '–'
  return number >= 100 ? Math.round(number).toLocaleString('en-US') : number.toPrecision(3)
}
