/**
 * The entries of a timeline that are made from the rows of a job: the first one, and, once a job is pruned, the main ones.
 * No I/O. No clock.
 */
import type { Estimates } from '../cost.ts'
import type { Fault } from '../fault.ts'
import { eventIdOf } from '../id.ts'
import type { ProviderName } from '../request/request.ts'
import { cancellationOf } from './cancellation.ts'
import { type JobRows, viewMetadata } from './view.ts'

export interface Entry {
  id: string
  type: string
  createdAt: number
  data: Record<string, unknown>
}

interface TimelineRows {
  job: JobRows['job'] & { providers: readonly ProviderName[]; estimates: Estimates }
  tasks: JobRows['tasks']
  outputs: readonly (JobRows['outputs'][number] &
    ({ status: 'waiting' | 'failed' } | { status: 'stored'; storedAt: number; storedVia: string }))[]
}

export function acceptedEntry({
  id,
  request,
  providers,
  estimates,
  retryOf,
  createdAt,
}: TimelineRows['job']): Entry {
  const retried = retryOf === null ? {} : { retry_of: retryOf }
  const data = { model: request.model, providers, estimates, ...retried }
  return { id: eventIdOf(id, 0), type: 'job.accepted', createdAt, data }
}

/** How the job began, was submitted, stored its videos and ended, oldest first. */
export function mainEntries({ job, tasks, outputs }: TimelineRows): Entry[] {
  const made = [
    ...tasks.flatMap(({ submittedAt, provider, providerTaskId }) =>
      submittedAt === null
        ? []
        : [
            {
              type: 'task.submitted',
              createdAt: submittedAt,
              data: { provider, provider_task_id: providerTaskId },
            },
          ],
    ),
    ...outputs.flatMap((output) => {
      if (output.status !== 'stored') return []
      const { n, storedVia: via, storedAt, bytes, sha256, metadata } = output
      return [
        {
          type: 'output.stored',
          createdAt: storedAt,
          data: { n, via, bytes, sha256, ...viewMetadata(metadata) },
        },
      ]
    }),
    ...endOf({ job, tasks }),
  ]
  const sorted = made.toSorted((one, two) => one.createdAt - two.createdAt)
  return [acceptedEntry(job), ...sorted.map((entry, n) => ({ id: eventIdOf(job.id, n + 1), ...entry }))]
}

function endOf({ job, tasks }: Pick<TimelineRows, 'job' | 'tasks'>) {
  if (job.settledAt === null) return []
  const data = job.status === 'canceled' ? { ...cancellationOf(tasks) } : causeOf(job.fault)
  return [{ type: `job.${job.status}`, createdAt: job.settledAt, data }]
}

function causeOf(fault: Fault | null) {
  return { fault: fault?.code ?? null, message: fault?.message ?? null }
}
