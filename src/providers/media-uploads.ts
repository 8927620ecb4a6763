/** The part of the provider contract for providers that take media only under their own ids. */
import type { Result } from '../core/fault.ts'

/** Uploading takes two calls. The upload id is stored between them, so that the bytes are sent only once. */
export interface MediaUploads {
  /** Sends the bytes. */
  send(media: InputMedia): Promise<Result<{ uploadId: string }>>
  /** Asks for the status of the import. May be repeated. */
  check(uploadId: string): Promise<Result<MediaImport>>
}

export type MediaImport =
  | { state: 'pending' }
  | { state: 'imported'; assetId: string }
  /** The provider has no such upload, or not all of its bytes. It may be sent again. */
  | { state: 'lost' }

export interface InputMedia {
  kind: 'image' | 'video' | 'audio'
  contentType: string
  fileName: string
  bytes: number
  /** Its length must be known to the platform (R2, FixedLengthStream), since storage rejects a body without one. */
  body: ReadableStream<Uint8Array>
}
