/**
 * How long a job is kept, and what follows for the bucket. Its objects lie under a prefix of its own; those of a job
 * that is to be erased under that of a class, rounded up, because a rule of the bucket that expires objects goes by
 * prefix. The rule is the second line: the cron erases before it. No I/O. No clock.
 */
const days = 24 * 60 * 60 * 1_000

export const maxRetentionDays = 3_650

const classes = [1, 7, 30, 90, 365, 1_095, maxRetentionDays] as const

/**
 * A rule counts from when an object was stored, the cron from the job's end, at the most a day later; and whoever has
 * still to be told of the job is waited for.
 */
const marginDays = 14

/** When a job that ended then is to be erased. Null: it is kept. */
export function eraseAtOf(
  { retention_days: kept = 0 }: { retention_days?: number | undefined },
  settledAt: number,
): number | null {
  return kept === 0 ? null : settledAt + kept * days
}

/** All that is kept of a job in the bucket has keys that begin so, and nothing else has. 0 or undefined: no end. */
export function jobPrefix(jobId: string, retentionDays = 0): string {
  const ends = classes.find((most) => retentionDays <= most) ?? maxRetentionDays
  return `${retentionDays === 0 ? '' : expiring(ends)}${jobs}${jobId}/`
}

/** Where an asset lies that came in a job's request. */
export function inputKey(prefix: string, assetId: string): string {
  return `${prefix}${inputs}${assetId}`
}

export function isInput(key: string): boolean {
  return key.includes(`/${inputs}`)
}

/** Where an asset lies that was uploaded by itself. */
export function uploadKey(assetId: string): string {
  return `${assets}${assetId}`
}

/** Whose an object is by its key. Null: none of ours, whatever its prefix. */
export function ownerOf(key: string): { jobId: string } | { assetId: string } | null {
  const jobId = ownedByJob.exec(key)?.[1]
  if (jobId !== undefined) return { jobId }
  const assetId = ownedByNobody.exec(key)?.[1]
  return assetId === undefined ? null : { assetId }
}

/** The rules that expire what was to be erased long ago. */
export const expiryRules = classes.map((most) => ({ prefix: expiring(most), afterDays: most + marginDays }))

const jobs = 'jobs/'
const inputs = 'inputs/'
const assets = 'assets/'

/** Wherever something of ours lies. */
export const objectPrefixes = [jobs, ...classes.map((most) => `${expiring(most)}${jobs}`), assets]

function expiring(most: number): string {
  return `expire-${most}d/`
}

const typeId = '[0-7][0-9a-hjkmnp-tv-z]{25}'
const ownedByJob = new RegExp(`^(?:expire-\\d+d/)?${jobs}(job_${typeId})/.`)
const ownedByNobody = new RegExp(`^${assets}(asset_${typeId})$`)
