/**
 * One upload. It is imported at its second poll at the earliest, or later by a directive. Only the first bytes of each
 * part are stored.
 */

import { type MediaKind, sniff } from './sniff.ts'

export interface Upload {
  uploadId: string
  /** The asset it becomes. */
  entityId: string
  kind: MediaKind | 'asset'
  fileName: string
  contentType: string
  fileSize: number
  partCount: number
  createdAt: number
  received: ReadonlyMap<number, ReceivedPart>
  /** When the client completed the upload. */
  completedAt: number | undefined
  /** How long its import takes after completion. */
  importMs: number
  /** Whether it disappears when it is complete. */
  isForgotten: boolean
  /** How often it was polled after completion. At the first poll it is still validating. */
  polls: number
}

interface ReceivedPart {
  sizeBytes: number
  head: Uint8Array
}

type UploadStatus = 'pending' | 'validating' | 'imported' | 'failed'

export function uploadStatus(upload: Upload, nowMs: number): UploadStatus {
  const { completedAt, importMs, polls } = upload
  if (completedAt === undefined) return 'pending'
  if (polls < 2 || nowMs < completedAt + importMs) return 'validating'
  return importFault(upload) === undefined ? 'imported' : 'failed'
}

export function importedKind(upload: Upload, nowMs: number): MediaKind | undefined {
  return uploadStatus(upload, nowMs) === 'imported' ? sniff(headOf(upload)) : undefined
}

export function importFault(upload: Upload): string | undefined {
  const kind = sniff(headOf(upload))
  if (kind === undefined) return 'The file is not an image, a video or an audio file'
  if (upload.kind === 'asset' || upload.kind === kind) return undefined
  return `The file was announced as ${upload.kind} and is ${kind}`
}

export function receivedBytes(upload: Upload): number {
  return [...upload.received.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

function headOf(upload: Upload): Uint8Array {
  const inOrder = [...upload.received].sort(([left], [right]) => left - right)
  return Uint8Array.from(inOrder.flatMap(([, { head }]) => [...head]))
}
