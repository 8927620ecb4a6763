/** What a file is by its first bytes, whatever its sender calls it. No I/O. */

export interface Container {
  contentType: 'video/mp4' | 'video/quicktime' | 'video/webm'
  extension: 'mp4' | 'mov' | 'webm'
}

/** So many bytes are needed to tell. */
const signatureLength = 12

/** Null when it is none of the containers that providers deliver. */
export function containerOf(start: Uint8Array): Container | null {
  const text = String.fromCharCode(...start.subarray(0, signatureLength))
  // ISO/IEC 14496-12: a file type box, its major brand behind it; QuickTime's brand is "qt  ".
  if (text.slice(4, 12) === 'ftypqt  ') return { contentType: 'video/quicktime', extension: 'mov' }
  const isVideo = text.slice(4, 8) === 'ftyp' && !otherBrands.includes(text.slice(8, 12))
  if (isVideo) return { contentType: 'video/mp4', extension: 'mp4' }
  // RFC 8794: an EBML header.
  if (text.startsWith('\x1a\x45\xdf\xa3')) return { contentType: 'video/webm', extension: 'webm' }
  return null
}

// The same boxes hold pictures (HEIF, AVIF) and sound alone.
const otherBrands = ['heic', 'heix', 'heim', 'heis', 'mif1', 'msf1', 'avif', 'avis', 'M4A ', 'M4B ']
