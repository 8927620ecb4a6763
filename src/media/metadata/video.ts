/**
 * What a video is, read from its own header by ranges. What cannot be read stays null, and `trouble` says why.
 */
import { type Input, type InputTrack, MP4, QTFF, WEBM } from 'mediabunny'
import { noMetadata, type VideoMetadata } from '../../core/video-metadata.ts'
import { assertFrameLimit } from './frame-limit.ts'
import type { BoundedReader, RandomAccess } from './random-access.ts'
import { measure, readHeader } from './read.ts'

export interface VideoMetadataResult {
  facts: VideoMetadata
  /** Null when all was read that can be known. */
  trouble: string | null
}

// MP4 tells of its frames in the header; WebM only in the frames, of which these are read: two or three seconds.
const framesLookedAt = 64

export async function readVideoMetadata(video: RandomAccess): Promise<VideoMetadataResult> {
  let facts = noMetadata
  const learn = (learned: Partial<VideoMetadata>) => {
    facts = { ...facts, ...learned }
  }
  const trouble = await readHeader(video, [MP4, QTFF, WEBM], async (input, pieces) => {
    await readFacts(input, pieces, learn)
  })
  return { facts, trouble }
}

/** In the order of what they cost: what was learned before a limit was met stays. */
async function readFacts(
  input: Input,
  pieces: BoundedReader,
  learn: (learned: Partial<VideoMetadata>) => void,
): Promise<void> {
  const [video] = await input.getVideoTracks()
  if (video === undefined) throw new Error('there is no video track')
  const [audio] = await input.getAudioTracks()
  learn({ hasAudio: audio !== undefined, audioCodec: audio ? await codecOf(audio) : null })
  learn({ videoCodec: await codecOf(video) })
  learn({ width: count(await video.getDisplayWidth()), height: count(await video.getDisplayHeight()) })
  // From here on the library unrolls the video's tables of frames; those of the sound are never looked at.
  pieces.require(assertFrameLimit)
  const announced = await video.getDurationFromMetadata()
  learn({ durationSeconds: measure(announced ?? (await video.computeDuration())) })
  const rate = await video.computeFrameRateMetrics({ targetPacketCount: framesLookedAt })
  // One frame has no rate: the library then gives the resolution of its clock. Of a varying rate it would guess one.
  learn({ frameRate: rate.probedPacketCount < 2 ? null : measure(rate.underlyingFrameRate ?? 0) })
}

/** The library's name, as in WebCodecs' registry; for one that it does not know, the container's own. */
async function codecOf(track: InputTrack): Promise<string | null> {
  const name = (await track.getCodec()) ?? (await track.getInternalCodecId())
  return typeof name === 'string' && /^[\w./-]{1,32}$/.test(name) ? name : null
}

function count(value: number): number | null {
  return Number.isSafeInteger(value) && value > 0 ? value : null
}
