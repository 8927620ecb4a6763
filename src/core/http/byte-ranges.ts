/** The Range header (RFC 9110 §14.1, §14.2). No I/O. */

export interface ByteRange {
  offset: number
  length: number
}

/**
 * The requested range of a file of `bytes` bytes. `whole`: the header is not understood, or names several ranges. A
 * server may ignore the header (§14.2), and no player needs several ranges.
 */
export function readRange(header: string, bytes: number): ByteRange | 'whole' | 'unsatisfiable' {
  const [, list = ''] = /^bytes=(.*)$/i.exec(header) ?? []
  const [spec, ...others] = list
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
  if (spec === undefined || others.length > 0) return 'whole'
  const [, first, last] = /^(\d*)-(\d*)$/.exec(spec) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'whole'
  if (first !== '' && last !== '' && Number(last) < Number(first)) return 'whole'
  const from = first === '' ? Math.max(0, bytes - Number(last)) : Number(first)
  const to = first === '' || last === '' ? bytes : Math.min(Number(last) + 1, bytes)
  return from < to ? { offset: from, length: to - from } : 'unsatisfiable'
}

/** Whether it is `bytes=0-`, with which players open a video: everything, however long the file is. */
export function isFromFirstByteOn(header: string): boolean {
  return /^bytes=[\s,]*0+-[\s,]*$/i.test(header)
}
