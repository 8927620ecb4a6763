export type MediaKind = 'image' | 'video' | 'audio'

/** How many bytes `sniff` needs. */
export const SNIFFED_BYTES = 16

/** The kind of a file by its first bytes, whatever its name. */
export function sniff(head: Uint8Array): MediaKind | undefined {
  const text = String.fromCharCode(...head.slice(0, SNIFFED_BYTES))
  return signatures.find(([pattern]) => pattern.test(text))?.[1]
}

/** The first match counts. */
const signatures: [pattern: RegExp, kind: MediaKind][] = [
  [/^\x89PNG\r\n/, 'image'],
  [/^\xff\xd8\xff/, 'image'],
  [/^GIF8/, 'image'],
  [/^RIFF.{4}WEBP/s, 'image'],
  [/^.{4}ftyp(?:avi[fs]|hei[cx]|mif1)/s, 'image'],
  [/^RIFF.{4}WAVE/s, 'audio'],
  [/^ID3/, 'audio'],
  [/^\xff[\xe2-\xfb]/, 'audio'],
  [/^(?:fLaC|OggS)/, 'audio'],
  [/^.{4}ftypM4A/s, 'audio'],
  [/^.{4}ftyp/s, 'video'],
  [/^.E\xdf\xa3/s, 'video'],
]
