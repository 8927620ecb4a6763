/**
 * One upload. It is imported the second time that it is looked at, at the earliest; later where a directive says so.
 * Of its bytes only the first of each part are kept.
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
  /** When the caller said that all parts are there. */
  completedAt: number | undefined
  /** How long its import takes from then on. */
  importMs: number
  /** Whether it is gone as soon as it is complete. */
  isForgotten: boolean
  /** How often its status was asked for since: the first time it is validating still. */
  looks: number
}

interface ReceivedPart {
  sizeBytes: number
  head: Uint8Array
}

type UploadStatus = 'pending' | 'validating' | 'imported' | 'failed'

export function uploadStatus(upload: Upload, nowMs: number): UploadStatus {
  const { completedAt, importMs, looks } = upload
  if (completedAt === undefined) return 'pending'
  if (looks < 2 || nowMs < completedAt + importMs) return 'validating'
  return complaintOf(upload) === undefined ? 'imported' : 'failed'
}

export function importedKind(upload: Upload, nowMs: number): MediaKind | undefined {
  return uploadStatus(upload, nowMs) === 'imported' ? sniff(headOf(upload)) : undefined
}

export function complaintOf(upload: Upload): string | undefined {
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
