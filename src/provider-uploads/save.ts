/** The body of a request → R2: a video that its provider PUTs to us. What fails leaves nothing in R2. */
import type { Result } from '../core/fault.ts'
import { requestBody } from '../media/request-body.ts'
import { saveVideo } from '../media/save-video.ts'
import { announcedLength } from '../media/source.ts'
import type { StoredObject } from '../media/write.ts'

export interface SaveSettings {
  bucket: R2Bucket
  maxBytes: number
}

/** Under a key of its own: of two that come at once, neither writes into the other. */
export function saveReceivedVideo(
  { bucket, maxBytes }: SaveSettings,
  { headers, body }: Request,
  { prefix, n }: { prefix: string; n: number },
): Promise<Result<StoredObject>> {
  const stream = body ?? new Blob([]).stream()
  const source = requestBody(stream, { length: announcedLength(headers), contentType: '' })
  const settings = { bucket, maxBytes, onProgress: async () => undefined }
  const name = `${prefix}uploads/${n}-${crypto.randomUUID()}`
  return saveVideo(settings, source, (extension) => `${name}.${extension}`)
}
