/** Reads the metadata of an input for which providers document limits. A file that cannot be read yields nulls. */
import { MP3, MP4, WAVE } from 'mediabunny'
import type { MediaKind, MediaMetadata } from '../../core/request/media.ts'
import { assertFrameLimit } from './frame-limit.ts'
import { mp3Seconds } from './mp3-duration.ts'
import type { RandomAccess } from './random-access.ts'
import { positiveNumber, readHeader } from './read.ts'
import { readVideoMetadata } from './video.ts'

type HeaderMetadata = Omit<MediaMetadata, 'contentType'>

/** All null for an image: no provider documents limits for images, and the library cannot read them. */
export async function readInputMetadata(kind: MediaKind, file: RandomAccess): Promise<HeaderMetadata> {
  switch (kind) {
    case 'image':
      return { width: null, height: null, durationSeconds: null }
    case 'video': {
      const { width, height, durationSeconds } = (await readVideoMetadata(file)).metadata
      return { width, height, durationSeconds }
    }
    case 'audio':
      return { width: null, height: null, durationSeconds: await secondsOf(file) }
  }
}

async function secondsOf(file: RandomAccess): Promise<number | null> {
  let seconds: number | null = null
  await readHeader(file, [MP4, WAVE, MP3], async (input, reader) => {
    const [audio] = await input.getAudioTracks()
    reader.require(assertFrameLimit)
    const isMp3 = (await input.getFormat()) === MP3
    // For an MP3 the library guesses from the first frame's bit rate. For an MP4 without a declared duration it would
    // read the whole file, so such a file has none.
    const duration = isMp3 ? await mp3Seconds(file) : await audio?.getDurationFromMetadata()
    seconds = positiveNumber(duration ?? 0)
  })
  return seconds
}
