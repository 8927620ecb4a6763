/** Parameters of headers such as Content-Type and Content-Disposition, and the file name among them. No I/O. */

/** The value of a parameter (RFC 9110 §5.6.6); null if the header does not have it. */
export function parameterIn(header: string, name: string): string | null {
  const match = [...header.matchAll(parameter)].find(([, key]) => key?.toLowerCase() === name)
  return match?.[2] ?? match?.[3] ?? null
}

// A quoted value is matched as a whole, so a semicolon inside it starts no parameter.
const parameter = /;\s*([\w*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/g

const maxNameCharacters = 255

/** The file name in a Content-Disposition header, without the path that some senders put before it. */
export function fileNameIn(disposition: string): string | null {
  const value = parameterIn(disposition, 'filename') ?? ''
  // Browsers encode a quotation mark as %22 (WHATWG HTML, multipart/form-data encoding).
  const [name = ''] = value.replaceAll('%22', '"').split(/[/\\]/).slice(-1)
  // Cut by code points, so that no character is cut in half.
  return [...name.trim()].slice(0, maxNameCharacters).join('') || null
}
