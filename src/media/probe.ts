/**
 * What a stored video is, read from its own header by ranges from R2. The file is a stranger's, so what is read of
 * it has limits of bytes, reads and time, and nothing in it makes this throw: what cannot be read stays null, and
 * `trouble` says why.
 */
import { CustomSource, Input, type InputTrack, Logging, LogLevel, MP4, QTFF, WEBM } from 'mediabunny'
import { nothingKnown, type VideoFacts } from '../core/video-facts.ts'
import { sayError } from '../log.ts'
import { framesClaimed } from './frame-claims.ts'
import { type Pieces, piecesOf } from './pieces.ts'

export interface Probe {
  facts: VideoFacts
  /** Null when all was read that can be known. */
  trouble: string | null
}

// What it would print is said in `trouble`.
Logging.level = LogLevel.Silent

const mostMs = 10_000
// An hour at 24 frames a second has fewer; unrolled, so many are about ten megabytes.
const mostFrames = 100_000
// MP4 tells of its frames in the header; WebM only in the frames, of which these are read: two or three seconds.
const framesLookedAt = 64

export async function probe(bucket: R2Bucket, video: { key: string; bytes: number }): Promise<Probe> {
  const pieces = piecesOf(bucket, video)
  const source = new CustomSource({
    getSize: () => video.bytes,
    read: pieces.read,
    // The pieces are the cache; and each read must be seen, to be counted.
    maxCacheSize: 0,
    // What fails is thrown by the read that waits for it; what nobody waits for is no news.
    handleUnhandledError: () => undefined,
  })
  const input = new Input({ formats: [MP4, QTFF, WEBM], source })
  let facts = nothingKnown
  const learn = (learned: Partial<VideoFacts>) => {
    facts = { ...facts, ...learned }
  }
  try {
    await inTime(readFacts(input, pieces, learn))
    return { facts, trouble: null }
  } catch (error) {
    // Whatever a hostile header, the library's reading of it or R2 may throw: none of it is worth the video.
    return { facts, trouble: sayError(error).slice(0, 200) }
  } finally {
    input.dispose()
  }
}

/** In the order of what they cost: what was learned before a limit was met stays. */
async function readFacts(
  input: Input,
  pieces: Pieces,
  learn: (learned: Partial<VideoFacts>) => void,
): Promise<void> {
  const [video] = await input.getVideoTracks()
  if (video === undefined) throw new Error('there is no video track')
  const [audio] = await input.getAudioTracks()
  learn({ hasAudio: audio !== undefined, audioCodec: audio ? await codecOf(audio) : null })
  learn({ videoCodec: await codecOf(video) })
  learn({ width: count(await video.getDisplayWidth()), height: count(await video.getDisplayHeight()) })
  // From here on the library unrolls the video's tables of frames; those of the sound are never looked at.
  pieces.require(mustBeModest)
  const announced = await video.getDurationFromMetadata()
  learn({ durationSeconds: measure(announced ?? (await video.computeDuration())) })
  const rate = await video.computeFrameRateMetrics({ targetPacketCount: framesLookedAt })
  // One frame has no rate: the library then gives the resolution of its clock.
  learn({ frameRate: rate.probedPacketCount < 2 ? null : measure(rate.bestGuessFrameRate) })
}

/** The library's name, as in WebCodecs' registry; for one that it does not know, the container's own. */
async function codecOf(track: InputTrack): Promise<string | null> {
  const name = (await track.getCodec()) ?? (await track.getInternalCodecId())
  return typeof name === 'string' && /^[\w./-]{1,32}$/.test(name) ? name : null
}

function count(value: number): number | null {
  return Number.isSafeInteger(value) && value > 0 ? value : null
}

function measure(value: number): number | null {
  const rounded = Math.round(value * 1_000) / 1_000
  return Number.isFinite(rounded) && rounded > 0 ? rounded : null
}

function mustBeModest(piece: Uint8Array): void {
  const claimed = framesClaimed(piece)
  if (claimed > mostFrames) throw new Error(`the header claims ${claimed} frames`)
}

async function inTime(work: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`the header took more than ${mostMs} ms`)), mostMs)
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
