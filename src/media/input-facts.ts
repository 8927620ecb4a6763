/** What the header of an input tells, as far as documents set limits to it: nothing is ever the worse for being read. */
import { MP3, MP4, WAVE } from 'mediabunny'
import type { MediaFacts, MediaKind } from '../core/media.ts'
import { mustBeModest } from './frame-claims.ts'
import { measure, readHeader } from './header.ts'
import { mp3Seconds } from './mp3-seconds.ts'
import type { Ranges } from './pieces.ts'
import { probe } from './probe.ts'

type HeaderFacts = Omit<MediaFacts, 'contentType'>

/** All null for an image: no document sets a limit to one, and the library reads none. */
export async function inputFacts(kind: MediaKind, ranges: Ranges): Promise<HeaderFacts> {
  switch (kind) {
    case 'image':
      return { width: null, height: null, durationSeconds: null }
    case 'video': {
      const { width, height, durationSeconds } = (await probe(ranges)).facts
      return { width, height, durationSeconds }
    }
    case 'audio':
      return { width: null, height: null, durationSeconds: await secondsOf(ranges) }
  }
}

async function secondsOf(ranges: Ranges): Promise<number | null> {
  let seconds: number | null = null
  await readHeader(ranges, [MP4, WAVE, MP3], async (input, pieces) => {
    const [audio] = await input.getAudioTracks()
    pieces.require(mustBeModest)
    const isMp3 = (await input.getFormat()) === MP3
    // Of an MP3 the library guesses by the rate of the first frame; what an MP4 does not tell takes the whole file.
    const told = isMp3 ? await mp3Seconds(ranges) : await audio?.getDurationFromMetadata()
    seconds = measure(told ?? 0)
  })
  return seconds
}
