/**
 * Parses a multipart/form-data body (RFC 7578) with at most one file: chunks of the body go in, bytes of the file come out.
 * It does no I/O, so its caller sets the pace and bounds the memory.
 */
import { type MultipartError, make, type Parser } from 'multipasta'
import { type Fault, fault } from '../../core/fault.ts'
import { parameterIn } from './header-params.ts'

export interface FormParser {
  /** Null ends the body. After a fault the form is over. */
  feed(chunk: Uint8Array | null): Fault | null
  /** The headers of the file's part; null until they are parsed. */
  headers(): PartHeaders | null
  /** Up to `maxBytes` of the file; empty if it needs to be fed first, or if the file is over. */
  take(maxBytes: number): Uint8Array
}

export interface PartHeaders {
  disposition: string
  contentType: string
}

export interface FormRules {
  /** The largest size of the whole form. */
  maxBytes: number
  /** The field that has the file. Null: there may be none. */
  fileField: string | null
  /** Gets each field without a file name, once it is complete. Absent: the form has its file and nothing else. */
  onText?: (name: string, text: Uint8Array) => void
}

/** All texts of a form together. */
const maxTextBytes = 1024 * 1024

/** A form of empty parts has a million of them, and a fault for each. */
const maxParts = 1_000

export function parseForm(contentType: string, rules: FormRules): FormParser {
  const { maxBytes, fileField, onText } = rules
  const boundary = parameterIn(contentType, 'boundary') ?? ''
  let headers: PartHeaders | null = null
  let pieces: Uint8Array[] = []
  let failure: Fault | null = null
  let isClosed = false
  let textBytes = 0
  const otherField = otherThan(rules)
  const failWith = (next: Fault) => {
    failure ??= next
  }

  const parser = make({
    headers: { 'content-type': `multipart/form-data; boundary="${boundary}"` },
    maxTotalSize: maxBytes,
    maxParts,
    isFile: () => true,
    onField: () => undefined,
    onFile: (part) => {
      if (onText !== undefined && part.filename === undefined) return collect(part.name, onText)
      const partHeaders = {
        disposition: text(part.headers['content-disposition']),
        contentType: text(part.headers['content-type']),
      }
      const name = parameterIn(partHeaders.disposition, 'name')
      if (headers !== null || name !== fileField) failWith(otherField)
      headers ??= partHeaders
      return (piece) => {
        if (piece !== null) pieces.push(piece)
      }
    },
    onError: (error) => failWith(faultOf(error)),
    onDone: () => {
      isClosed = true
    },
  })
  const write = boundarySafeWrite(parser, boundary)

  /** Copies the pieces: the buffers that they are in are used again. */
  function collect(name: string, onEnd: (name: string, text: Uint8Array) => void) {
    const text: Uint8Array[] = []
    return (piece: Uint8Array | null) => {
      if (piece === null) return onEnd(name, joined(text))
      textBytes += piece.length + name.length
      if (textBytes > maxTextBytes) failWith(tooMuchText)
      else text.push(piece.slice())
    }
  }

  return {
    feed(chunk) {
      try {
        if (chunk === null) parser.end()
        else write(chunk)
      } catch (error) {
        // A `filename*` with a malformed percent encoding.
        if (!(error instanceof URIError)) throw error
        failWith(unreadable)
      }
      if (chunk === null && !isClosed) failWith(brokenOff)
      if (chunk === null && headers === null && onText === undefined) failWith(otherField)
      return failure
    },
    headers: () => headers,
    take(maxBytes) {
      const [piece = new Uint8Array(), ...rest] = pieces
      pieces = piece.length > maxBytes ? [piece.subarray(maxBytes), ...rest] : rest
      return piece.subarray(0, maxBytes)
    },
  }
}

function faultOf(error: MultipartError): Fault {
  switch (error._tag) {
    case 'EndNotReached':
      return brokenOff
    case 'ReachedLimit':
      if (error.limit === 'MaxParts') return tooManyParts
      return fault('media_too_large', 'The form is larger than the largest file allowed.')
    case 'BadHeaders':
      return error.error.reason === 'InvalidHeaderValue' ? controlInHeader : unreadable
    case 'InvalidBoundary':
    case 'InvalidDisposition':
      return unreadable
  }
}

function otherThan({ fileField, onText }: FormRules): Fault {
  const message =
    onText === undefined
      ? `The form must have one field, the file, named "${fileField}".`
      : fileField === null
        ? 'The form may have no file.'
        : `The form may have one file, in the field "${fileField}".`
  return fault('bad_request', message)
}

const tooManyParts = fault('bad_request', `The form has more than ${maxParts} entries.`)
const tooMuchText = fault('media_too_large', `The fields of the form have more than ${maxTextBytes} bytes.`)
const brokenOff = fault('media_truncated', 'The form broke off before its last boundary.')
const controlInHeader = fault(
  'bad_request',
  "The file's name and its type must not contain control characters.",
)
const unreadable = fault('media_truncated', 'The form is not valid multipart/form-data (RFC 7578).')

function joined(pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** The first value of a header that was sent more than once. */
function text(header: string | string[] | undefined): string {
  return ([header ?? ''].flat()[0] ?? '').trim()
}

/**
 * The parser (multipasta 0.2.8) must get both dashes after the last boundary in one write. So if a chunk ends between
 * them, its last byte is written by itself: the parser buffers input that is shorter than a boundary.
 */
function boundarySafeWrite(parser: Parser, boundary: string): (chunk: Uint8Array) => void {
  const cut = `--${boundary}-`
  let end = ''
  return (chunk) => {
    end = `${end}${String.fromCharCode(...chunk.subarray(-cut.length))}`.slice(-cut.length)
    if (end !== cut) return parser.write(chunk)
    parser.write(chunk.subarray(0, -1))
    parser.write(chunk.subarray(-1))
  }
}
