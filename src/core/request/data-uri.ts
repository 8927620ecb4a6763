/** data: URIs, read as the Fetch standard does ("data: URL processor"), of media in base64. No I/O. */

export interface DataUri {
  /** The type and subtype that stand in it; empty when none do. */
  declared: string
  bytes: Uint8Array<ArrayBuffer>
}

export function isDataUri(media: string): boolean {
  return /^data:/i.test(media)
}

/** What is wrong with a data: URI, and how it is right; null when it can be read. */
export function dataUriFault(uri: string): string | null {
  const comma = uri.indexOf(',')
  if (comma < 0) return `has no comma: ${form}`
  if (!base64Mark.test(uri.slice(0, comma))) return `must be in base64: ${form}`
  const encoded = encodedIn(uri)
  if (encoded === '') return `has nothing behind its comma: ${form}`
  if (/[-_]/.test(encoded)) return 'is in base64url: write + for - and / for _'
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) return 'has characters that are not base64'
  const digits = encoded.replace(/=+$/, '').length
  const isPadded = encoded.length !== digits
  return digits % 4 === 1 || (isPadded && encoded.length % 4 !== 0)
    ? 'ends in the middle of its base64'
    : null
}

/** Of one without a fault. */
export function readDataUri(uri: string): DataUri {
  const type = uri.slice('data:'.length, uri.indexOf(',')).replace(base64Mark, '')
  const [declared = ''] = type.split(';')
  return {
    declared: declared.trim().toLowerCase(),
    bytes: Uint8Array.fromBase64(encodedIn(uri)),
  }
}

const form = 'write data:image/png;base64, and the file in base64'

const base64Mark = /;\s*base64\s*$/i

/** Percent signs undone, and line ends and spaces left out. */
function encodedIn(uri: string): string {
  return uri
    .slice(uri.indexOf(',') + 1)
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/[\t\n\f\r ]+/g, '')
}
