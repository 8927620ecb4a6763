/** The outputs table: the videos that a job waits for, and those that are stored in R2. */
import { and, asc, eq, getTableColumns, inArray, sql } from 'drizzle-orm'
import type { Viewer } from '../../core/access.ts'
import { type Fault, readFault, writeFault } from '../../core/fault.ts'
import { noMetadata, type VideoMetadata } from '../../core/video-metadata.ts'
import type { Database } from '../database.ts'
import { emptyRow, prepared, value, valuesOf } from '../prepared.ts'
import { jobs, outputs } from '../schema.ts'

type Row = typeof outputs.$inferSelect

interface Common {
  jobId: string
  n: number
  taskN: number
  remoteId: string
  /** Null: the provider named none. */
  sourceUrl: string | null
  attempts: number
  /** The provider's status never named it: a webhook or an upload did. */
  isUnconfirmed: boolean
  /** Its provider finished it after the job had failed at its deadline. */
  isLate: boolean
}

interface Stored {
  key: string
  contentType: string
  bytes: number
  sha256: string
  storedAt: number
  storedVia: 'download' | 'upload'
  metadata: VideoMetadata
  /** Null: its header has not been read yet. */
  metadataReadAt: number | null
}

export type WaitingOutput = Common & { status: 'waiting' }
export type StoredOutput = Common & { status: 'stored' } & Stored
export type FailedOutput = Common & { status: 'failed'; fault: Fault }
export type Output = WaitingOutput | StoredOutput | FailedOutput

export function selectOutputs(db: Database, jobId: string) {
  return outputsOfJob(db, { jobId })
}

const outputsOfJob = prepared((db) =>
  db
    .select()
    .from(outputs)
    .where(eq(outputs.jobId, value('jobId')))
    .orderBy(asc(outputs.n)),
)

/** The outputs of all jobs on a page. */
export async function outputsOfAll(db: Database, jobIds: string[]): Promise<Map<string, Output[]>> {
  if (jobIds.length === 0) return new Map()
  const rows = await db.select().from(outputs).where(inArray(outputs.jobId, jobIds)).orderBy(asc(outputs.n))
  return Map.groupBy(rows.map(readOutput), ({ jobId }) => jobId)
}

/** Null: there is none, or it is not stored, or the viewer does not see its job. */
export async function findStoredOutput(
  db: Database,
  jobId: string,
  n: number,
  { project }: Viewer,
): Promise<StoredOutput | null> {
  const isSeen =
    project === null
      ? undefined
      : sql`(SELECT ${jobs.project} FROM ${jobs} WHERE ${jobs.id} = ${jobId}) = ${project}`
  const [row] = await db
    .select()
    .from(outputs)
    .where(and(eq(outputs.jobId, jobId), eq(outputs.n, n), isSeen))
  const output = row === undefined ? null : readOutput(row)
  return output?.status === 'stored' ? output : null
}

/** Inserts the output, or updates its row. */
export function saveOutput(db: Database, output: Output) {
  const { jobId, n, taskN, remoteId, sourceUrl, status, attempts, isUnconfirmed } = output
  const stored = output.status === 'stored' ? output : null
  return save(db, {
    ...emptyRow(columns),
    jobId,
    n,
    taskN,
    remoteId,
    sourceUrl: sourceUrl ?? '',
    status,
    attempts,
    unconfirmed: isUnconfirmed,
    late: output.isLate,
    fault: writeFault(output.status === 'failed' ? output.fault : null),
    key: stored?.key ?? null,
    contentType: stored?.contentType ?? null,
    bytes: stored?.bytes ?? null,
    sha256: stored?.sha256 ?? null,
    storedAt: stored?.storedAt ?? null,
    storedVia: stored?.storedVia ?? null,
    metadataReadAt: stored?.metadataReadAt ?? null,
    ...(stored?.metadata ?? noMetadata),
  })
}

const columns = getTableColumns(outputs)
const save = prepared((db) =>
  db
    .insert(outputs)
    .values(valuesOf(columns))
    .onConflictDoUpdate({
      target: [outputs.jobId, outputs.n],
      set: {
        sourceUrl: sql`excluded.source_url`,
        status: sql`excluded.status`,
        attempts: sql`excluded.attempts`,
        unconfirmed: sql`excluded.unconfirmed`,
        fault: sql`excluded.fault`,
        key: sql`excluded.key`,
        contentType: sql`excluded.content_type`,
        bytes: sql`excluded.bytes`,
        sha256: sql`excluded.sha256`,
        storedAt: sql`excluded.stored_at`,
        storedVia: sql`excluded.stored_via`,
        metadataReadAt: sql`excluded.metadata_read_at`,
        width: sql`excluded.width`,
        height: sql`excluded.height`,
        durationSeconds: sql`excluded.duration_seconds`,
        frameRate: sql`excluded.frame_rate`,
        videoCodec: sql`excluded.video_codec`,
        audioCodec: sql`excluded.audio_codec`,
        hasAudio: sql`excluded.has_audio`,
      },
    }),
)

export function readOutput(row: Row): Output {
  const { jobId, n, taskN, remoteId, attempts, status } = row
  const sourceUrl = row.sourceUrl || null
  const flags = { isUnconfirmed: row.unconfirmed, isLate: row.late }
  const common = { jobId, n, taskN, remoteId, sourceUrl, attempts, ...flags }
  const stored = status === 'stored' ? readStored(row) : null
  if (stored !== null) return { ...common, status: 'stored', ...stored }
  const fault = readFault(row.fault)
  if (status === 'failed' && fault !== null) return { ...common, status, fault }
  return { ...common, status: 'waiting' }
}

/** Null: the row is damaged. */
function readStored(row: Row): Stored | null {
  const { key, contentType, bytes, sha256, storedAt, metadataReadAt } = row
  if (key === null || contentType === null || bytes === null || sha256 === null || storedAt === null)
    return null
  const storedVia = row.storedVia ?? 'download'
  return {
    key,
    contentType,
    bytes,
    sha256,
    storedAt,
    storedVia,
    metadata: readMetadataColumns(row),
    metadataReadAt,
  }
}

function readMetadataColumns(row: Row): VideoMetadata {
  const { width, height, durationSeconds, frameRate, videoCodec, audioCodec, hasAudio } = row
  return { width, height, durationSeconds, frameRate, videoCodec, audioCodec, hasAudio }
}
