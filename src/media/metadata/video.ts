/** Reads a video's metadata from its header, by ranges. Values that cannot be read stay null; `trouble` says why. */
import { type Input, type InputTrack, MP4, QTFF, WEBM } from 'mediabunny'
import { noMetadata, type VideoMetadata } from '../../core/video-metadata.ts'
import { assertFrameLimit } from './frame-limit.ts'
import type { BoundedReader, RandomAccess } from './random-access.ts'
import { positiveNumber, readHeader } from './read.ts'

export interface VideoMetadataResult {
  metadata: VideoMetadata
  /** Null if the whole header was read. */
  trouble: string | null
}

// An MP4 describes its frames in its header. A WebM does not, so this many frames are read: two or three seconds.
const sampledFrames = 64

export async function readVideoMetadata(file: RandomAccess): Promise<VideoMetadataResult> {
  let metadata = noMetadata
  const add = (values: Partial<VideoMetadata>) => {
    metadata = { ...metadata, ...values }
  }
  const trouble = await readHeader(file, [MP4, QTFF, WEBM], (input, reader) => readTracks(input, reader, add))
  return { metadata, trouble }
}

/** The cheapest values first: those read before a limit is reached are kept. */
async function readTracks(
  input: Input,
  reader: BoundedReader,
  add: (values: Partial<VideoMetadata>) => void,
): Promise<void> {
  const [video] = await input.getVideoTracks()
  if (video === undefined) throw new Error('there is no video track')
  const [audio] = await input.getAudioTracks()
  add({ hasAudio: audio !== undefined, audioCodec: audio ? await codecOf(audio) : null })
  add({ videoCodec: await codecOf(video) })
  add({
    width: positiveInteger(await video.getDisplayWidth()),
    height: positiveInteger(await video.getDisplayHeight()),
  })
  // From here on the library expands the video track's frame tables; it never reads those of the audio track.
  reader.require(assertFrameLimit)
  const declared = await video.getDurationFromMetadata()
  add({ durationSeconds: positiveNumber(declared ?? (await video.computeDuration())) })
  const rate = await video.computeFrameRateMetrics({ targetPacketCount: sampledFrames })
  // For a single frame the library returns the resolution of the track's clock, which is not a frame rate.
  add({ frameRate: rate.probedPacketCount < 2 ? null : positiveNumber(rate.underlyingFrameRate ?? 0) })
}

/** The library's name for the codec, as in the WebCodecs registry; for an unknown codec the container's id. */
async function codecOf(track: InputTrack): Promise<string | null> {
  const name = (await track.getCodec()) ?? (await track.getInternalCodecId())
  return typeof name === 'string' && /^[\w./-]{1,32}$/.test(name) ? name : null
}

function positiveInteger(value: number): number | null {
  return Number.isSafeInteger(value) && value > 0 ? value : null
}
