/** Streams a request's body into R2: a video that a provider uploads. A failure leaves nothing in R2. */
import type { Result } from '../core/fault.ts'
import { requestBody } from '../media/request-body.ts'
import { saveVideo } from '../media/save-video.ts'
import { announcedLength } from '../media/source.ts'
import type { StoredObject } from '../media/write.ts'

export interface SaveSettings {
  bucket: R2Bucket
  maxBytes: number
}

/** Each upload has a key of its own, so that two at once do not overwrite each other. */
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
