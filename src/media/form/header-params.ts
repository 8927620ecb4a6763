/** What a header says behind its semicolons: parameters, and the file name among them. No I/O. */

/** A parameter of a header like Content-Type or Content-Disposition (RFC 9110 §5.6.6); null when it is not there. */
export function parameterIn(header: string, name: string): string | null {
  const found = [...header.matchAll(parameter)].find(([, found]) => found?.toLowerCase() === name)
  return found?.[2] ?? found?.[3] ?? null
}

// A quoted value is taken whole: a semicolon in it begins nothing.
const parameter = /;\s*([\w*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/g

const longestName = 255

/** The file name in a Content-Disposition header, without the path that some senders put before it. */
export function fileNameIn(disposition: string): string | null {
  const given = parameterIn(disposition, 'filename') ?? ''
  // Browsers write a quotation mark so (WHATWG HTML, multipart/form-data encoding).
  const [name = ''] = given.replaceAll('%22', '"').split(/[/\\]/).slice(-1)
  // By characters, so that none is cut in half.
  return [...name.trim()].slice(0, longestName).join('') || null
}
