/** Text in bytes from a sender. No I/O. */

/** Null: it is not valid UTF-8. A lenient decoder would replace what is not, and hide that. */
export function utf8TextIn(bytes: Uint8Array | ArrayBuffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
}
