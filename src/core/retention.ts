/** How long a job is kept, and the R2 keys of what is kept. No I/O. No clock. */
const days = 24 * 60 * 60 * 1_000

export const maxRetentionDays = 3_650

/** When a job that was settled then is erased. Null: it is kept without an end. */
export function eraseAtOf(
  { retention_days: retentionDays = 0 }: { retention_days?: number | undefined },
  settledAt: number,
): number | null {
  return retentionDays === 0 ? null : settledAt + retentionDays * days
}

/** Jobs that ended then or earlier are pruned. Null: none is. */
export function prunedBefore(pruneAfterDays: number, nowMs: number): number | null {
  return pruneAfterDays === 0 ? null : nowMs - pruneAfterDays * days
}

/** Every object of a job has a key with this prefix, and no other object has. */
export function jobPrefix(jobId: string): string {
  return `${jobs}${jobId}/`
}

/** The key of an asset that came in a job's request. */
export function inputKey(jobId: string, assetId: string): string {
  return `${jobPrefix(jobId)}${inputs}${assetId}`
}

export function isInput(key: string): boolean {
  return key.includes(`/${inputs}`)
}

/** The key of an asset that was uploaded through POST /v1/assets. */
export function uploadKey(assetId: string): string {
  return `${assets}${assetId}`
}

/** The job or asset that an object belongs to, by its key. Null: Reelhook did not store it, whatever its prefix. */
export function ownerOf(key: string): { jobId: string } | { assetId: string } | null {
  const jobId = jobObject.exec(key)?.[1]
  if (jobId !== undefined) return { jobId }
  const assetId = uploadedAsset.exec(key)?.[1]
  return assetId === undefined ? null : { assetId }
}

const jobs = 'jobs/'
const inputs = 'inputs/'
const assets = 'assets/'

/** Every key that Reelhook writes has one of these prefixes. */
export const objectPrefixes = [jobs, assets]

const typeId = '[0-7][0-9a-hjkmnp-tv-z]{25}'
const jobObject = new RegExp(`^${jobs}(job_${typeId})/.`)
const uploadedAsset = new RegExp(`^${assets}(asset_${typeId})$`)
