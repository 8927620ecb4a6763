/** Prints a run in at most 80 columns. */
import type { Law } from '../chaos/laws/law.ts'
import { printTable } from '../chaos/print-table.ts'
import { measureNames, measures, type Sample } from './measures.ts'
import { isJudged, rising, type Verdicts } from './verdicts.ts'

const maxBreaches = 20

export function progressLine(
  { values, process }: Sample,
  { posted, kept }: { posted: number; kept: number },
): string {
  const { heap, memory, database, rows, unsettled, overdue, post } = values
  return [
    `${posted} posted, ${kept} ended, ${unsettled} open, ${overdue} overdue`,
    `${text(memory)} MiB (heap ${text(heap)})`,
    `${text(database)} KiB, ${rows} rows, POST ${text(post)} ms, process ${process}`,
  ].join('; ')
}

/** Returns whether everything is flat and every law holds. */
export function printResult(verdicts: Verdicts, laws: readonly Law[], steadyMinutes: number): boolean {
  printTable(
    `Slopes over the last ${steadyMinutes.toFixed(1)} minutes under load`,
    measureNames.map((name) => {
      const { median, slopePerHour, change, allowed, result } = verdicts[name]
      const { label, unit } = measures[name]
      return {
        measure: unit === '' ? label : `${label}, ${unit}`,
        median: text(median),
        'per hour': text(slopePerHour),
        change: text(change),
        allowed: text(allowed),
        result: isJudged(name) ? result : `(${result})`,
      }
    }),
  )
  printTable(
    'Laws',
    laws.map(({ name, checked, breaches }) => ({
      law: name.slice(0, 58),
      checked,
      result: breaches.length === 0 ? 'held' : `${breaches.length} BROKEN`,
    })),
  )
  for (const { name, breaches } of laws) {
    for (const breach of breaches.slice(0, maxBreaches)) console.error(`BREACH of "${name}": ${breach}`)
  }
  if (laws.length === 0) {
    console.log('\nInterrupted: the laws are not checked.')
    return false
  }
  const isFlat = rising(verdicts).length === 0
  const isLawful = laws.every(({ breaches }) => breaches.length === 0)
  console.log(
    `\n${isFlat ? 'Flat' : `FAIL: ${rising(verdicts).join(', ')} rises`}. ${isLawful ? 'Every law held.' : 'FAIL: a law is broken.'}`,
  )
  return isFlat && isLawful
}

function text(value: number | null): string {
  if (value === null || Number.isNaN(value)) return '-'
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1)
}
