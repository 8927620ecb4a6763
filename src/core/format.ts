/** Numbers and excerpts for people. No I/O. No clock. */

/** `850 ms`, `4.2 s`, `3 min 5 s`, `2 h 4 min`, `3 d 2 h`. */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1_000) return `${Math.round(ms)} ms`
  const seconds = Number((ms / 1_000).toFixed(1))
  if (seconds < 60) return `${seconds} s`
  const whole = Math.max(ms, 60_000)
  const units = [
    { name: 'd', ms: 86_400_000 },
    { name: 'h', ms: 3_600_000 },
    { name: 'min', ms: 60_000 },
    { name: 's', ms: 1_000 },
  ]
  const first = units.findIndex((unit) => whole >= unit.ms)
  const [large, small] = units.slice(first)
  if (large === undefined) return ''
  const rest = small === undefined ? 0 : Math.floor((whole % large.ms) / small.ms)
  return `${Math.floor(whole / large.ms)} ${large.name}${rest === 0 ? '' : ` ${rest} ${small?.name}`}`
}

/** `512 B`, `27.1 KB`, `2.7 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  const units = ['KB', 'MB', 'GB', 'TB']
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length)
  return `${Number((bytes / 1_000 ** power).toFixed(1))} ${units[power - 1]}`
}

/** `$0.405`: two digits at least, four at most. A smaller amount is not shown as nothing. */
export function formatUsd(amount: number): string {
  if (amount > 0 && amount < 0.0001) return 'less than $0.0001'
  return `$${amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 4 })}`
}

/** `12,345` */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** `1 job`, `1,200 deliveries` */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** `12.5 %` */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`
}

/** The beginning of a text in one line. It does not cut a character in two. */
export function excerptOf(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  const characters = Array.from(line.slice(0, 2 * length))
  return characters.length <= length ? line : `${characters.slice(0, length).join('')}…`
}
