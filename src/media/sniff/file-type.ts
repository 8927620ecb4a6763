/**
 * What a file is by its first bytes, whatever its sender calls it. The types are those that the family's model
 * takes (JPEG, PNG, WebP, BMP, TIFF, GIF; MP4, QuickTime; MP3, WAV), and WebM and M4A, which a provider may convert or
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
  /** How it may begin; a dot stands for any byte. */
  starts: readonly string[]
}

const m4a = signedBy('audio', 'audio/mp4', 'm4a', ['....ftypM4A ', '....ftypM4B '])

// Names in use for sound in the boxes of an MP4, whose brand may not tell it from pictures.
const namesOfM4a = [
  ...['audio/mp4', 'audio/m4a', 'audio/x-m4a', 'audio/aac', 'audio/x-aac', 'audio/aacp'],
  ...['audio/mp4a-latm', 'audio/m4b', 'audio/x-m4b', 'audio/3gpp', 'audio/3gpp2'],
]

// A tag, or a frame of layer III at once (ISO/IEC 11172-3 §2.4.1.3), with or without a checksum.
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

/** Every type that is taken, by its proper name. */
export const contentTypes = [...signed, ...Object.values(videos)].map(({ contentType }) => contentType)

/** So many bytes are looked at: an EBML header tells WebM from its kin within them. */
const startBytes = 64

/**
 * Null when it is none that is taken. What its sender declares, or the kind that is wanted, only decides what the bytes
 * leave open: whether an MP4 is sound alone.
 */
export function fileTypeOf(start: Uint8Array, declared = '', wanted?: MediaKind): FileType | null {
  const text = String.fromCharCode(...start.subarray(0, startBytes))
  const found = signed.find(({ starts }) => starts.some((pattern) => begins(text, pattern)))
  if (found !== undefined) return found
  const video = videoOf(start, text)
  const isSound = wanted === 'audio' || (wanted === undefined && namesOfM4a.includes(essenceOf(declared)))
  return video === videos.mp4 && isSound ? m4a : video
}

/** The type and subtype of a Content-Type header. */
export function essenceOf(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase()
}

export function extensionOf(contentType: string): string {
  const known = [...signed, ...Object.values(videos)].find((type) => type.contentType === contentType)
  return known?.extension ?? 'bin'
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
