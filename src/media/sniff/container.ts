/** Recognizes a video container by its first bytes, whatever its label says. No I/O. */

export interface Container {
  contentType: 'video/mp4' | 'video/quicktime' | 'video/webm'
  extension: 'mp4' | 'mov' | 'webm'
}

/** Null if it is none of the containers that providers deliver. */
export function containerOf(start: Uint8Array): Container | null {
  // RFC 8794: an EBML header.
  if (textAt(start, 0) === '\x1a\x45\xdf\xa3') return { contentType: 'video/webm', extension: 'webm' }
  return isText(start) ? null : boxedIn(start, 0)
}

/** Text, whatever its label says: HTML, JSON, SVG, a playlist (WHATWG MIME Sniffing §7.1). */
export function isText(start: Uint8Array): boolean {
  return !start.subarray(0, 1_445).some((byte) => byte < 0x20 && !textControls.includes(byte))
}

// Tab, newline, form feed, carriage return and escape.
const textControls = [0x09, 0x0a, 0x0c, 0x0d, 0x1b]

/** Decided by the first box that identifies the format. Boxes of free space may come before it. */
function boxedIn(start: Uint8Array, at: number): Container | null {
  const name = textAt(start, at + 4)
  // ISO/IEC 14496-12: a file type box begins with its major brand; QuickTime's brand is "qt  ".
  if (name === 'ftyp') return containerOfBrand(textAt(start, at + 8))
  const bytes = boxBytes(start, at)
  if (bytes === null) return null
  // QuickTime File Format: old files have no file type box.
  if (['moov', 'mdat', 'pnot'].includes(name)) return quickTime
  if (!['wide', 'free', 'skip'].includes(name)) return null
  return at + bytes + 8 > start.length ? quickTime : boxedIn(start, at + bytes)
}

function containerOfBrand(brand: string): Container | null {
  if (brand === 'qt  ') return quickTime
  return brand.length < 4 || otherBrands.includes(brand)
    ? null
    : { contentType: 'video/mp4', extension: 'mp4' }
}

/** The size of the box at this position; null if there is none. */
function boxBytes(start: Uint8Array, at: number): number | null {
  if (start.length < at + 8) return null
  const bytes = new DataView(start.buffer, start.byteOffset + at).getUint32(0)
  // 0 means up to the end of the file; 1 means that 64 bits with the size follow the name.
  if (bytes < 2) return start.length
  return bytes < 8 ? null : bytes
}

function textAt(start: Uint8Array, at: number): string {
  return String.fromCharCode(...start.subarray(at, at + 4))
}

const quickTime: Container = { contentType: 'video/quicktime', extension: 'mov' }

// The same container is used for images (HEIF, AVIF) and for audio.
const otherBrands = ['heic', 'heix', 'heim', 'heis', 'mif1', 'msf1', 'avif', 'avis', 'M4A ', 'M4B ']
