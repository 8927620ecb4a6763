/** The file of an export: a new one, or one that broke off and is continued after its last whole row. */
import { open } from 'node:fs/promises'
import { usageFault } from '../errors.ts'

/** Returns the id of the job in the last whole row, or null if there is none, and removes the text after that row. */
export async function continueAfter(path: string): Promise<string | null> {
  const file = await open(path, 'r+')
  try {
    const { size } = await file.stat()
    const start = Math.max(0, size - longestTail)
    const tail = new Uint8Array(size - start)
    for (let read = 0; read < tail.length; ) {
      const { bytesRead } = await file.read(tail, read, tail.length - read, start + read)
      if (bytesRead === 0) break
      read += bytesRead
    }
    const end = tail.lastIndexOf(lineFeed) + 1
    const begin = end < 2 ? 0 : tail.lastIndexOf(lineFeed, end - 2) + 1
    if (begin === 0 && start > 0) throw usageFault(`The last row of ${path} is too long to continue.`)
    const last = new TextDecoder().decode(tail.subarray(begin, end))
    const id = rowStart.exec(last)?.[1] ?? null
    if (id === null && last !== '' && !last.startsWith('id,'))
      throw usageFault(`${path} does not end with a row of an export.`)
    await file.truncate(start + end)
    return id
  } finally {
    await file.close()
  }
}

const lineFeed = 10
const longestTail = 8 * 1024 * 1024
/** As NDJSON or CSV. */
const rowStart = /^(?:\{"id":")?(job_[0-9a-z]{26})["',]/
