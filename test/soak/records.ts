/** The rows of each job as they were last seen before its erasure. */
import { type JobRows, rowsOf } from '../chaos/lives/storage.ts'
import type { StoredFiles } from './storage.ts'

export type Records = ReturnType<typeof keepRecords>

export function keepRecords(files: StoredFiles) {
  const kept = new Map<string, JobRows>()
  return {
    kept,
    /** Returns the jobs that ended since the last look. */
    async look(): Promise<string[]> {
      const ended = await files.select(
        'SELECT id FROM jobs WHERE settled_at IS NOT NULL AND erased_at IS NULL',
      )
      const fresh: string[] = []
      for (const [id, rows] of await rowsOf(
        { ...files, ...noObjects },
        ended.map(({ id }) => String(id)),
      )) {
        if (!kept.has(id)) fresh.push(id)
        kept.set(id, rows)
      }
      return fresh
    },
  }
}

// The laws about stored objects are those of the storm: here the objects are erased soon.
const noObjects = { objectKeys: async () => [], objectHash: async () => null }
