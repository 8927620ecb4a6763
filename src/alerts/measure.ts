/** Measures the parts of the platform and the open work, for the health call and the alerts. */
import type { Context } from '../context.ts'
import { everyProject } from '../core/access.ts'
import { type Probe, probe } from '../probe.ts'
import { type Backlog, countBacklog } from '../store/reports/backlog.ts'
import { inEachDatabase } from '../store/shards.ts'
import { readSize } from '../store/size.ts'

export interface Measured {
  database: Probe<Backlog>
  /** In bytes, one for each database. */
  sizes: Probe<number[]>
  bucket: Probe<unknown>
  queues: Probe<{ count: number; oldestAt: number | null }>
}

export async function measure(context: Context): Promise<Measured> {
  const { lastSeenSize, bucket, queues, now } = context
  const [database, sizes, stored, queued] = await Promise.all([
    probe(context, 'database', () => countBacklog(context, now(), everyProject)),
    probe(context, 'database_size', () => inEachDatabase(context, (db) => readSize(db, lastSeenSize))),
    probe(context, 'bucket', () => bucket.head('healthz')),
    probe(context, 'queues', () => queues.waiting()),
  ])
  return { database, sizes, bucket: stored, queues: queued }
}
