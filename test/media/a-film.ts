/** Builds videos with the writing part of the library whose reading part the product uses. Their frames are noise. */
import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
  type OutputFormat,
  type Rotation,
  WebMOutputFormat,
} from 'mediabunny'

interface Film {
  format: OutputFormat
  width: number
  height: number
  frameRate: number
  seconds: number
  sound: boolean
  rotation: Rotation
  frameBytes: number
}

export const formats = {
  'an MP4 with its header first': () => new Mp4OutputFormat({ fastStart: 'in-memory' }),
  'an MP4 with its header last': () => new Mp4OutputFormat({ fastStart: false }),
  'an MP4 in fragments': () => new Mp4OutputFormat({ fastStart: 'fragmented' }),
  'a QuickTime video': () => new MovOutputFormat(),
  'a WebM': () => new WebMOutputFormat(),
  'a streamed WebM': () => new WebMOutputFormat({ appendOnly: true }),
}

export async function aFilm(overrides: Partial<Film> = {}): Promise<Uint8Array> {
  const film: Film = {
    format: formats['an MP4 with its header first'](),
    width: 1280,
    height: 720,
    frameRate: 24,
    seconds: 5,
    sound: true,
    rotation: 0,
    frameBytes: 500,
    ...overrides,
  }
  const target = new BufferTarget()
  const output = new Output({ format: film.format, target })
  const isWebm = film.format instanceof WebMOutputFormat
  const video = new EncodedVideoPacketSource(isWebm ? 'vp9' : 'avc')
  const audio = new EncodedAudioPacketSource(isWebm ? 'opus' : 'aac')
  output.addVideoTrack(video, { rotation: film.rotation })
  if (film.sound) output.addAudioTrack(audio)
  await output.start()
  await addFrames(video, film, isWebm)
  if (film.sound) await addSound(audio, film, isWebm)
  await output.finalize()
  return new Uint8Array(target.buffer ?? new ArrayBuffer())
}

async function addFrames(video: EncodedVideoPacketSource, film: Film, isWebm: boolean): Promise<void> {
  const { width, height, frameRate, seconds, frameBytes } = film
  const decoderConfig = {
    codec: isWebm ? 'vp09.00.10.08' : 'avc1.64001f',
    codedWidth: width,
    codedHeight: height,
    // The configuration of an AVC decoder (ISO/IEC 14496-15 §5.3.3); nothing here decodes.
    ...(!isWebm && {
      description: Uint8Array.of(
        1,
        0x64,
        0,
        0x1f,
        0xff,
        0xe1,
        0,
        4,
        0x67,
        0x64,
        0,
        0x1f,
        1,
        0,
        2,
        0x68,
        0xee,
      ),
    }),
  }
  for (let frame = 0; frame < Math.round(frameRate * seconds); frame += 1) {
    const type = frame % 24 === 0 ? 'key' : 'delta'
    const content = new Uint8Array(frameBytes).fill(frame)
    await video.add(new EncodedPacket(content, type, frame / frameRate, 1 / frameRate), { decoderConfig })
  }
}

async function addSound(audio: EncodedAudioPacketSource, film: Film, isWebm: boolean): Promise<void> {
  const decoderConfig = {
    codec: isWebm ? 'opus' : 'mp4a.40.2',
    sampleRate: 48_000,
    numberOfChannels: 2,
    ...(!isWebm && { description: Uint8Array.of(0x11, 0x90) }),
  }
  for (let packet = 0; packet < film.seconds * 50; packet += 1) {
    await audio.add(new EncodedPacket(new Uint8Array(20), 'key', packet / 50, 1 / 50), { decoderConfig })
  }
}
