/** The events of jobs that have changed, as their webhooks deliver them in Reelhook's format. */
import type { Context } from '../../context.ts'
import { eventBody } from '../../core/event-body.ts'
import { type CallerEvent, callerEvents } from '../../core/job/caller-events.ts'
import { viewJob } from '../../core/job/view.ts'
import { linksTo } from '../../media/signed-links.ts'
import type { Database } from '../../store/database.ts'
import {
  type ChangedJob,
  jobsPerRead,
  readChanged,
  statementsPerRead,
} from '../../store/reports/watch-events.ts'
import type { FoundEvent } from '../../store/reports/watch-memory.ts'

interface Found {
  events: FoundEvent[]
  /** The jobs that have ended. */
  ended: string[]
  statements: number
}

/** The events after that time, of the jobs that exist. `isNew`: by the event's id. */
export async function eventsOf(
  context: Context,
  db: Database,
  jobIds: readonly string[],
  { sinceMs, isNew }: { sinceMs: number; isNew: (id: string) => boolean },
): Promise<Found> {
  const found: Found = { events: [], ended: [], statements: 0 }
  for (let from = 0; from < jobIds.length; from += jobsPerRead) {
    const changed = await readChanged(db, jobIds.slice(from, from + jobsPerRead))
    found.statements += statementsPerRead
    for (const one of changed) {
      if (one.job.settledAt !== null) found.ended.push(one.job.id)
      const events = callerEvents(one.timeline).filter(
        ({ id, createdAt }) => createdAt > sinceMs && isNew(id),
      )
      found.events.push(...(await Promise.all(events.map((event) => write(context, one, event)))))
    }
  }
  return found
}

/** The bytes that were delivered. An event without a delivery in that format shows the job as it is now. */
async function write(
  { config }: Pick<Context, 'config'>,
  changed: ChangedJob,
  { id, type, createdAt: at, output }: CallerEvent,
): Promise<FoundEvent> {
  const { job, outputs, bodies } = changed
  const { apiKeyId, project, provider, model } = job
  const delivered = bodies.get(id)
  const about = { id, type, at, apiKeyId, project, provider, model, metadata: job.request.metadata }
  if (delivered !== undefined) return { ...about, body: delivered }
  const links = await linksTo(config, job.id, outputs, at)
  return { ...about, body: eventBody(type, at, viewJob(changed, links), output) }
}
