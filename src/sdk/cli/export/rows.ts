/** A row of the command's export: that of every export, and what the options add. No I/O. */
import { exportRow } from '../../../core/job/export-row.ts'
import type { Job } from '../../client/index.ts'

export interface RowOptions {
  metadataColumns: readonly string[]
  hasRequests: boolean
}

type Row = Record<string, string | null>

/** The columns, in order. */
export function rowOf(job: Job, { metadataColumns, hasRequests }: RowOptions): Row {
  return {
    ...exportRow(job),
    metadata: JSON.stringify(job.metadata),
    ...Object.fromEntries(metadataColumns.map((key) => [`metadata.${key}`, job.metadata[key] ?? null])),
    ...(hasRequests && { request: JSON.stringify(job.request) }),
  }
}
