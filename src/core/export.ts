/** The copies of stored outputs in a bucket of the operator's choice. No I/O. No clock. */

export const exportStatuses = ['pending', 'exported', 'failed'] as const
type ExportStatus = (typeof exportStatuses)[number]

/** An S3-compatible bucket. */
export interface ExportTarget {
  /** Without a slash at its end. The bucket is in the path, so that one host serves every bucket. */
  endpoint: string
  bucket: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  /** The beginning of every key. */
  prefix: string
}

/** The output whose export is due. */
export interface DueExport {
  jobId: string
  n: number
}

/** The export of one output. */
export interface OutputExport {
  status: ExportStatus
  attempts: number
  /** Why the last attempt failed. */
  error: string | null
  /** Where the copy is; null until it is there. */
  url: string | null
  key: string | null
  exportedAt: number | null
}

/** Made of the job and the output's number, so that a repeated copy replaces itself. */
export function exportKey(
  { prefix }: ExportTarget,
  { jobId, n, key }: { jobId: string; n: number; key: string },
): string {
  return `${prefix}${jobId}/${n}.${key.slice(key.lastIndexOf('.') + 1)}`
}

export function exportUrl({ endpoint, bucket }: ExportTarget, key: string): string {
  return `${endpoint}/${bucket}/${key}`
}
