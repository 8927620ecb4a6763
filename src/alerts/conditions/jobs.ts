/** Jobs that are stuck, and messages that failed. No I/O. */
import { counted, formatDuration } from '../../core/format.ts'
import { overdueMs } from '../limits.ts'
import type { Condition } from './condition.ts'

const linksTo = (ids: readonly string[]) => ids.map((id) => ({ href: `/jobs/${id}`, text: id }))

export const jobConditions: Condition[] = [
  {
    name: 'jobs_past_deadline',
    level: 'bad',
    kind: 'state',
    unit: 'count',
    raiseAt: 1,
    clearBelow: 1,
    runbook: 'Jobs are stuck',
    read: ({ jobs }) =>
      jobs && [
        {
          subject: '',
          value: jobs.pastDeadline,
          title: `${counted(jobs.pastDeadline, 'job')} past the deadline`,
          text: 'They should have ended, and their callers still wait. Open a job: its timeline shows the step that fails. Canceling it ends it at once.',
          links: linksTo(jobs.ids),
        },
      ],
  },
  {
    name: 'jobs_overdue',
    level: 'bad',
    kind: 'state',
    unit: 'seconds',
    raiseAt: overdueMs / 1_000,
    clearBelow: 60,
    runbook: 'Jobs are stuck',
    read: ({ jobs }) =>
      jobs && [
        {
          subject: '',
          value: jobs.oldestOverdueSeconds ?? 0,
          title: `${counted(jobs.overdue, 'job')} overdue`,
          text: `The oldest has waited ${formatDuration((jobs.oldestOverdueSeconds ?? 0) * 1_000)} for its next step. The sweep tries again every minute. Open a job to see where it stopped.`,
          links: jobs.pastDeadline > 0 ? [] : linksTo(jobs.ids),
        },
      ],
  },
  {
    name: 'dead_letters',
    level: 'active',
    kind: 'event',
    unit: 'count',
    raiseAt: 1,
    clearBelow: 1,
    runbook: 'Dead letters',
    read: ({ deadLetters }) =>
      deadLetters && [
        {
          subject: '',
          value: deadLetters.count,
          title: `${counted(deadLetters.count, 'message')} failed on every attempt${deadLetters.period}`,
          text: 'Nothing is lost: the sweep wakes their jobs. Look for message.dead_lettered in the log: it names each job, whose timeline shows the rest.',
          links: [],
        },
      ],
  },
]
