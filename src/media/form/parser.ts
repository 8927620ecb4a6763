/**
 * A multipart/form-data body (RFC 7578) with one part, the file: fed with the body's chunks, it gives the file's bytes
 * back. It waits for nothing, so whoever feeds it sets the pace and bounds what it holds.
 */
import { type MultipartError, make, type Parser } from 'multipasta'
import { type Fault, fault } from '../../core/fault.ts'
import { parameterIn } from './header-params.ts'

export interface FormParser {
  /** Null ends the body. A fault ends the form. */
  feed(chunk: Uint8Array | null): Fault | null
  /** The headers of the file's part, once they came. */
  headers(): PartHeaders | null
  /** So many of the file's bytes at most; none when it must be fed first, or is over. */
  take(most: number): Uint8Array
}

export interface PartHeaders {
  disposition: string
  contentType: string
}

const fieldName = 'file'

export function parseForm(contentType: string, maxBytes: number): FormParser {
  const boundary = parameterIn(contentType, 'boundary') ?? ''
  let headers: PartHeaders | null = null
  let pieces: Uint8Array[] = []
  let complaint: Fault | null = null
  let isClosed = false
  const complain = (why: Fault) => {
    complaint ??= why
  }

  const parser = make({
    headers: { 'content-type': `multipart/form-data; boundary="${boundary}"` },
    maxTotalSize: maxBytes,
    isFile: () => true,
    onField: () => undefined,
    onFile: (part) => {
      const found = {
        disposition: text(part.headers['content-disposition']),
        contentType: text(part.headers['content-type']),
      }
      if (headers !== null || parameterIn(found.disposition, 'name') !== fieldName) complain(otherField)
      headers ??= found
      return (piece) => {
        if (piece !== null) pieces.push(piece)
      }
    },
    onError: (error) => complain(faultOf(error)),
    onDone: () => {
      isClosed = true
    },
  })
  const feed = feeding(parser, boundary)

  return {
    feed(chunk) {
      try {
        if (chunk === null) parser.end()
        else feed(chunk)
      } catch (error) {
        // A `filename*` whose percent signs say nothing.
        if (!(error instanceof URIError)) throw error
        complain(unreadable)
      }
      if (chunk === null && !isClosed) complain(brokenOff)
      if (chunk === null && headers === null) complain(otherField)
      return complaint
    },
    headers: () => headers,
    take(most) {
      const [piece = new Uint8Array(), ...rest] = pieces
      pieces = piece.length > most ? [piece.subarray(most), ...rest] : rest
      return piece.subarray(0, most)
    },
  }
}

function faultOf(error: MultipartError): Fault {
  switch (error._tag) {
    case 'EndNotReached':
      return brokenOff
    case 'ReachedLimit':
      return fault('media_too_large', 'The form is larger than any file that is taken.')
    case 'BadHeaders':
      return error.error.reason === 'InvalidHeaderValue' ? controlInHeader : unreadable
    case 'InvalidBoundary':
    case 'InvalidDisposition':
      return unreadable
  }
}

const otherField = fault('bad_request', `The form must have one field, the file, named "${fieldName}".`)
const brokenOff = fault('media_truncated', 'The form broke off before its last boundary.')
const controlInHeader = fault(
  'bad_request',
  "The file's name, and its type, must not have control characters.",
)
const unreadable = fault('media_truncated', 'The form is not multipart/form-data as RFC 7578 has it.')

/** A header that came twice counts once. */
function text(header: string | string[] | undefined): string {
  return ([header ?? ''].flat()[0] ?? '').trim()
}

/**
 * The parser (multipasta 0.2.8) must be shown both dashes behind the last boundary at once. So where a chunk ends
 * between them, its last byte is fed by itself: a piece that is shorter than a boundary is kept for the next.
 */
function feeding(parser: Parser, boundary: string): (chunk: Uint8Array) => void {
  const cut = `--${boundary}-`
  let end = ''
  return (chunk) => {
    end = `${end}${String.fromCharCode(...chunk.subarray(-cut.length))}`.slice(-cut.length)
    if (end !== cut) return parser.write(chunk)
    parser.write(chunk.subarray(0, -1))
    parser.write(chunk.subarray(-1))
  }
}
