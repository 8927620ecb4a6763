/**
 * CSV as RFC 4180 has it, one line per row. Written here, because the format is these lines and the command has no
 * dependency at run time. No I/O.
 */

export function csvLine(cells: readonly (string | null)[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

function cellOf(value: string | null): string {
  // A row is one line, so that a file that breaks off can be continued.
  const line = (value ?? '').replace(/[\r\n]+/g, ' ')
  // Spreadsheets run a cell that begins so as a formula (OWASP, CSV Injection). An apostrophe makes it text.
  const safe = /^(?:\t|\s*[=+\-@＝＋－＠])/.test(line) ? `'${line}` : line
  return /[",']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
