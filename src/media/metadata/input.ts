/** What the header of an input tells, as far as documents set limits to it: nothing is ever the worse for being read. */
import { MP3, MP4, WAVE } from 'mediabunny'
import type { MediaKind, MediaMetadata } from '../../core/request/media.ts'
import { assertFrameLimit } from './frame-limit.ts'
import { mp3Seconds } from './mp3-duration.ts'
import type { RandomAccess } from './random-access.ts'
import { measure, readHeader } from './read.ts'
import { readVideoMetadata } from './video.ts'

type HeaderFacts = Omit<MediaMetadata, 'contentType'>

/** All null for an image: no document sets a limit to one, and the library reads none. */
export async function readInputMetadata(kind: MediaKind, ranges: RandomAccess): Promise<HeaderFacts> {
  switch (kind) {
    case 'image':
      return { width: null, height: null, durationSeconds: null }
    case 'video': {
      const { width, height, durationSeconds } = (await readVideoMetadata(ranges)).facts
      return { width, height, durationSeconds }
    }
    case 'audio':
      return { width: null, height: null, durationSeconds: await secondsOf(ranges) }
  }
}

async function secondsOf(ranges: RandomAccess): Promise<number | null> {
  let seconds: number | null = null
  await readHeader(ranges, [MP4, WAVE, MP3], async (input, pieces) => {
    const [audio] = await input.getAudioTracks()
    pieces.require(assertFrameLimit)
    const isMp3 = (await input.getFormat()) === MP3
    // Of an MP3 the library guesses by the rate of the first frame; what an MP4 does not tell takes the whole file.
    const told = isMp3 ? await mp3Seconds(ranges) : await audio?.getDurationFromMetadata()
    seconds = measure(told ?? 0)
  })
  return seconds
}
