/**
 * Recognizes a file's type by its first bytes, whatever its label says. The types are those that the models accept
 * (JPEG, PNG, WebP, BMP, TIFF, GIF; MP4, QuickTime; MP3, WAV), and WebM and M4A, which a provider may convert or
 * refuse. Signatures: WHATWG MIME Sniffing §6, ISO/IEC 14496-12, RFC 8794, TIFF 6.0. No I/O.
 */
import type { MediaKind } from '../../core/request/media.ts'
import { containerOf } from './container.ts'

export interface FileType {
  kind: MediaKind
  contentType: string
  extension: string
}

interface Signed extends FileType {
  /** The possible first bytes; a dot matches any byte. */
  starts: readonly string[]
}

const m4a = signedBy('audio', 'audio/mp4', 'm4a', ['....ftypM4A ', '....ftypM4B '])

// Labels in use for audio in an MP4 container, whose brand may not distinguish audio from video.
const m4aLabels = [
  'audio/mp4',
  'audio/m4a',
  'audio/x-m4a',
  'audio/aac',
  'audio/x-aac',
  'audio/aacp',
  'audio/mp4a-latm',
  'audio/m4b',
  'audio/x-m4b',
  'audio/3gpp',
  'audio/3gpp2',
]

// A tag, or the header of a layer III frame (ISO/IEC 11172-3 §2.4.1.3), with or without a checksum.
const mp3Starts = ['ID3', '\xff\xfb', '\xff\xfa', '\xff\xf3', '\xff\xf2', '\xff\xe3', '\xff\xe2']

const signed: readonly Signed[] = [
  signedBy('image', 'image/png', 'png', ['\x89PNG\r\n\x1a\n']),
  signedBy('image', 'image/jpeg', 'jpg', ['\xff\xd8\xff']),
  signedBy('image', 'image/webp', 'webp', ['RIFF....WEBPVP']),
  signedBy('image', 'image/gif', 'gif', ['GIF87a', 'GIF89a']),
  signedBy('image', 'image/bmp', 'bmp', ['BM....\0\0\0\0']),
  signedBy('image', 'image/tiff', 'tiff', ['II*\0', 'MM\0*']),
  signedBy('audio', 'audio/mpeg', 'mp3', mp3Starts),
  signedBy('audio', 'audio/wav', 'wav', ['RIFF....WAVE']),
  m4a,
]

const videos = {
  mp4: { kind: 'video', contentType: 'video/mp4', extension: 'mp4' },
  mov: { kind: 'video', contentType: 'video/quicktime', extension: 'mov' },
  webm: { kind: 'video', contentType: 'video/webm', extension: 'webm' },
} as const satisfies Record<string, FileType>

/** The type of a stored video is one of these. */
export const videoTypes = Object.values(videos).map(({ contentType }) => contentType)

/** Every accepted type. */
export const contentTypes: readonly string[] = [
  ...signed.map(({ contentType }) => contentType),
  ...videoTypes,
]

/** Enough to see the document type in an EBML header, which distinguishes WebM from Matroska. */
const startBytes = 64

/**
 * Null if it is none of the accepted types. The declared label and the expected kind decide only one case that the bytes
 * leave open: whether an MP4 is audio.
 */
export function fileTypeOf(start: Uint8Array, declared = '', expected?: MediaKind): FileType | null {
  const text = String.fromCharCode(...start.subarray(0, startBytes))
  const match = signed.find(({ starts }) => starts.some((pattern) => begins(text, pattern)))
  if (match !== undefined) return match
  const video = videoOf(start, text)
  const isAudio = expected === 'audio' || (expected === undefined && m4aLabels.includes(essenceOf(declared)))
  return video === videos.mp4 && isAudio ? m4a : video
}

/** The type and subtype of a Content-Type header. */
export function essenceOf(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase()
}

export function extensionOf(contentType: string): string {
  const fileType = [...signed, ...Object.values(videos)].find((type) => type.contentType === contentType)
  return fileType?.extension ?? 'bin'
}

function signedBy(kind: MediaKind, contentType: string, extension: string, starts: string[]): Signed {
  return { kind, contentType, extension, starts }
}

function videoOf(start: Uint8Array, text: string): FileType | null {
  const container = containerOf(start)
  if (container === null) return null
  return container.extension === 'webm' && !text.includes('webm') ? null : videos[container.extension]
}

function begins(text: string, pattern: string): boolean {
  if (text.length < pattern.length) return false
  return [...pattern].every((character, at) => character === '.' || character === text[at])
}
