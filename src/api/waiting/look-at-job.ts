/** One look at a job that a client waits for, and at those of all other clients of the isolate. */
import type { Context } from '../../context.ts'
import { readWatched } from '../../store/reports/watch-jobs.ts'
import type { WatchedJob } from '../../store/reports/watch-memory.ts'
import { readForAll } from './looks.ts'

interface Seen {
  /** Undefined: it was not read yet, since the client came after the last read. */
  job: WatchedJob | 'gone' | 'under_way' | undefined
  /** How many statements this look made. */
  statements: number
}

export async function lookAtJob(context: Context, jobId: string, intervalMs: number): Promise<Seen> {
  const { jobs } = context.watching
  const done = { statements: 0 }
  const outcome = await readForAll(context, jobs.read, intervalMs, async () => {
    done.statements = await readJobs(context)
  })
  return { job: outcome === 'under_way' ? outcome : jobs.known.get(jobId), ...done }
}

/** A database that fails does not hide the jobs of the others: what was known of its jobs stays. */
async function readJobs({ watching: { clients, jobs }, dbOf }: Context): Promise<number> {
  const ids = [...new Set([...clients].flatMap(({ jobId }) => jobId ?? []))]
  const groups = [...Map.groupBy(ids, dbOf)]
  const results = await Promise.allSettled(
    groups.map(async ([db, some]) => {
      const found = await readWatched(db, some)
      return some.map((id) => [id, found.get(id) ?? 'gone'] as const)
    }),
  )
  const read = new Map(results.flatMap((result) => (result.status === 'fulfilled' ? result.value : [])))
  jobs.known = new Map(
    ids.flatMap((id) => {
      const known = read.get(id) ?? jobs.known.get(id)
      return known === undefined ? [] : [[id, known] as const]
    }),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return groups.length
}
