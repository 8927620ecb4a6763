/** GET /v1/jobs/:id/events: the job's timeline. */
import { createRoute, z } from '@hono/zod-openapi'
import { readStored } from '../../core/http/json.ts'
import { acceptedEntry, type Entry, mainEntries } from '../../core/job/timeline.ts'
import type { Database } from '../../store/database.ts'
import { type Event, eventsOf } from '../../store/events.ts'
import { findJob, type Job } from '../../store/jobs/jobs.ts'
import { outputsOfAll } from '../../store/jobs/outputs.ts'
import { tasksOfAll } from '../../store/jobs/tasks.ts'
import { problem } from '../problems.ts'
import { json, keyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { noSuchJob } from './view.ts'

const eventSchema = z
  .object({
    id: z.string(),
    type: z.string().openapi({ example: 'task.submitted' }),
    created_at: z.iso.datetime(),
    data: z.record(z.string(), z.unknown()).openapi({
      description: '{ "damaged": true }: the stored data cannot be read.',
    }),
  })
  .openapi('Event')

const list = createRoute({
  operationId: 'listJobEvents',
  tags: ['Jobs'],
  method: 'get',
  path: '/{id}/events',
  summary: "List a job's timeline, oldest first",
  description: 'Once pruned_at of the job is set, only the main entries are left, under other ids.',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...keyProblems,
    ...noSuchJob,
    200: json('The events of the job.', z.object({ data: z.array(eventSchema) })),
  },
})

export const eventRoutes = createRouter().openapi(list, async (c) => {
  const { id } = c.req.valid('param')
  const db = c.get('context').dbOf(id)
  const [job, events] = await Promise.all([findJob(db, id), eventsOf(db, id)])
  if (job === null) return problem(c, 'not_found', 'There is no such job.')
  const made = job.prunedAt === null ? [acceptedEntry(job)] : await mainEntriesOf(db, job)
  const data = [...made, ...events.map(readEntry)].map(({ createdAt, ...entry }) => ({
    ...entry,
    created_at: new Date(createdAt).toISOString(),
  }))
  return c.json({ data }, 200)
})

async function mainEntriesOf(db: Database, job: Job): Promise<Entry[]> {
  const [tasks, outputs] = await Promise.all([tasksOfAll(db, [job.id]), outputsOfAll(db, [job.id])])
  return mainEntries({ job, tasks: tasks.get(job.id) ?? [], outputs: outputs.get(job.id) ?? [] })
}

function readEntry({ id, type, createdAt, data }: Event): Entry {
  return { id, type, createdAt, data: readStored(storedData, data) ?? { damaged: true } }
}

const storedData = z.record(z.string(), z.unknown())
