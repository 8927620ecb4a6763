/** Parses data: URIs with base64 content, as the Fetch standard's "data: URL processor" does. No I/O. */

export interface DataUri {
  /** The media type in the URI; empty if it has none. */
  declared: string
  bytes: Uint8Array<ArrayBuffer>
}

export function isDataUri(media: string): boolean {
  return /^data:/i.test(media)
}

/** The fault of a data: URI and its correction; null if the URI is valid. */
export function dataUriFault(uri: string): string | null {
  const comma = uri.indexOf(',')
  if (comma < 0) return `has no comma: ${form}`
  if (!base64Mark.test(uri.slice(0, comma))) return `must be in base64: ${form}`
  const encoded = encodedIn(uri)
  if (encoded === '') return `has no content after its comma: ${form}`
  if (/[-_]/.test(encoded)) return 'is in base64url: write + for - and / for _'
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) return 'has characters that are not base64'
  const digits = encoded.replace(/=+$/, '').length
  const isPadded = encoded.length !== digits
  return digits % 4 === 1 || (isPadded && encoded.length % 4 !== 0) ? 'has incomplete base64' : null
}

/** The URI must have no fault. */
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

/** The content with its percent encoding decoded, and without whitespace. */
function encodedIn(uri: string): string {
  return uri
    .slice(uri.indexOf(',') + 1)
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/[\t\n\f\r ]+/g, '')
}
