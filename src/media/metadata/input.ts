/** Reads the metadata of an input for which providers document limits. A file that cannot be read yields nulls. */
import { MP4 } from 'mediabunny'
import type { MediaKind, MediaMetadata } from '../../core/request/media.ts'
import { fileTypeOf } from '../sniff/file-type.ts'
import { assertFrameLimit } from './frame-limit.ts'
import { mp3Seconds } from './mp3-duration.ts'
import type { BoundedReader, RandomAccess } from './random-access.ts'
import { positiveNumber, readBounded, readHeader, startBytes } from './read.ts'
import { readVideoMetadata } from './video.ts'
import { wavSeconds } from './wav-duration.ts'

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
  await readBounded(file, async (reader) => {
    const start = await reader.read(0, Math.min(startBytes, file.bytes))
    const duration = await durationOf(file, reader, fileTypeOf(start)?.extension)
    seconds = positiveNumber(duration ?? 0)
  })
  return seconds
}

async function durationOf(file: RandomAccess, reader: BoundedReader, extension: string | undefined) {
  if (extension === 'mp3') return mp3Seconds(file)
  if (extension === 'wav') return wavSeconds(reader.read, file.bytes)
  return mp4Seconds(file)
}

async function mp4Seconds(file: RandomAccess): Promise<number | null> {
  let seconds: number | null = null
  await readHeader(file, [MP4], async (input, reader) => {
    const [audio] = await input.getAudioTracks()
    reader.require(assertFrameLimit)
    // Without a declared duration the library would read the whole file, so such a file has none.
    seconds = (await audio?.getDurationFromMetadata()) ?? null
  })
  return seconds
}
