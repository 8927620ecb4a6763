/** The values of options: what a person types, as the API wants it. No I/O. */
import { InvalidArgumentError, Option } from 'commander'
import {
  aspectRatios,
  models,
  outputFormats,
  resolutions,
  selections,
  sellerNames,
} from '../../core/request/choices.ts'

/** The values that shells and `--help` offer. None is refused: the deployment may know more than this version. */
const known = {
  model: models,
  provider: sellerNames,
  providerOrRule: [...selections, ...sellerNames],
  resolution: resolutions,
  aspectRatio: aspectRatios,
  outputFormat: outputFormats,
} as const

export function knownValues(flags: string, description: string, values: keyof typeof known): Option {
  const option = new Option(flags, description)
  option.argChoices = [...known[values]]
  return option
}

/** An option that can be repeated. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value]
}

/** The same for `key=value`. */
export function collectPairs(value: string, before: string[] = []): string[] {
  if (value.indexOf('=') < 1) throw new InvalidArgumentError('Write key=value.')
  return [...before, value]
}

/** `order=42` → `{ order: '42' }`. */
export function pairsIn(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

export function pageSize(text: string): number {
  const size = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (size < 1 || size > 100) throw new InvalidArgumentError('It must be a whole number from 1 to 100.')
  return size
}

/** Which numbers are allowed, the deployment says, together with the other faults of the request. */
export function number(text: string): number {
  if (!/^-?\d{1,15}(?:\.\d{1,15})?$/.test(text)) throw new InvalidArgumentError('It must be a number.')
  return Number(text)
}

export function dollars(text: string): number {
  const amount = Number(text.replace(/^\$/, ''))
  if (!(amount > 0)) throw new InvalidArgumentError('It must be an amount in US dollars, like 0.50.')
  return amount
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A date, a time of ISO 8601, or how long ago: `30m`, `2h`, `3d`. */
export function time(text: string): string {
  const ago = /^(\d{1,5})([mhd])$/.exec(text)
  const [, count, unit] = ago ?? []
  const isUnit = unit === 'm' || unit === 'h' || unit === 'd'
  const ms = isUnit ? Date.now() - Number(count) * unitMs[unit] : Date.parse(text)
  if (Number.isNaN(ms))
    throw new InvalidArgumentError('Write a date, 2026-11-29T12:00Z, or how long ago: 30m, 2h, 3d.')
  return new Date(ms).toISOString()
}

/** `90`, `90s`, `10m`, `2h` → seconds. */
export function seconds(text: string): number {
  const [, count, unit = 's'] = /^(\d{1,6})(s|m|h|d)?$/.exec(text) ?? []
  if (count === undefined) throw new InvalidArgumentError('Write seconds, or 10m, or 2h.')
  return Number(count) * ({ s: 1, m: 60, h: 3_600, d: 86_400 }[unit] ?? 1)
}
