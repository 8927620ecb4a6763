/** The body of a request → R2: a video that its provider PUTs to us. What fails leaves nothing in R2. */
import type { Result } from '../core/fault.ts'
import type { Kept } from './keep.ts'
import { keepVideo } from './keep-video.ts'
import { patientSource } from './patient-source.ts'
import { announcedLength } from './source.ts'

export interface ArrivalSettings {
  bucket: R2Bucket
  maxBytes: number
}

/** Under a key of its own: of two that come at once, neither writes into the other. */
export function keepArrival(
  { bucket, maxBytes }: ArrivalSettings,
  { headers, body }: Request,
  { prefix, n }: { prefix: string; n: number },
): Promise<Result<Kept>> {
  const stream = body ?? new Blob([]).stream()
  const source = patientSource(stream, { length: announcedLength(headers), contentType: '' })
  const settings = { bucket, maxBytes, onProgress: async () => undefined }
  const name = `${prefix}uploads/${n}-${crypto.randomUUID()}`
  return keepVideo(settings, source, (extension) => `${name}.${extension}`)
}
