/** The parts of the platform: database, bucket, queues, cron, cache. No I/O. */
import { fullShare, nearlyFullShare } from '../../core/database-size.ts'
import { counted, formatBytes, formatDuration, percent } from '../../core/format.ts'
import type { Figures } from '../figures.ts'
import { type Condition, trueOrNot, wholeDeployment } from './condition.ts'

export const platformConditions: Condition[] = [
  {
    ...trueOrNot,
    name: 'database_slow',
    level: 'active',
    runbook: 'D1 is slow',
    read: ({ parts }) =>
      wholeDeployment(parts?.isDatabaseSlow, [
        'The database is slow',
        'It took more than two seconds to respond. Look at its load in D1.',
      ]),
  },
  {
    name: 'database_full',
    level: 'bad',
    kind: 'state',
    unit: 'share',
    raiseAt: fullShare,
    clearBelow: fullShare - 0.02,
    runbook: 'D1 is nearly full',
    read: ({ database }) =>
      database && [
        {
          subject: '',
          value: database.emptiest,
          title: 'The database is full',
          text: `${usedOf(database)} New jobs are refused; accepted ones still end. ${toShrink}`,
          links: [],
        },
      ],
  },
  {
    name: 'database_nearly_full',
    level: 'active',
    kind: 'state',
    unit: 'share',
    raiseAt: nearlyFullShare,
    clearBelow: nearlyFullShare - 0.02,
    runbook: 'D1 is nearly full',
    read: ({ database }) =>
      database && [
        {
          subject: '',
          value: database.fullest,
          title: 'The database is nearly full',
          text: `${usedOf(database)} From ${percent(fullShare)} on, new jobs are refused. ${toShrink}`,
          links: [],
        },
      ],
  },
  {
    ...trueOrNot,
    name: 'bucket_down',
    level: 'bad',
    runbook: null,
    read: ({ parts }) =>
      wholeDeployment(parts?.isBucketDown, [
        'The bucket does not respond in time',
        'Videos cannot be stored or opened. Jobs wait and continue by themselves. Check R2 and the binding BUCKET.',
      ]),
  },
  {
    ...trueOrNot,
    name: 'missing_objects',
    level: 'bad',
    runbook: null,
    read: ({ missingObjects }) =>
      missingObjects === null
        ? null
        : [
            {
              subject: '',
              value: missingObjects,
              title: `${counted(missingObjects, 'stored file')} missing in the bucket`,
              text: 'The database has them and the bucket does not. Look for a rule or a person that deletes objects there, and find them by output.lost and asset.lost in the log.',
              links: [],
            },
          ],
  },
  {
    ...trueOrNot,
    name: 'queues_down',
    level: 'bad',
    runbook: 'A queue is behind',
    read: ({ parts }) =>
      wholeDeployment(parts?.areQueuesDown, [
        'The queues do not respond',
        'Only the sweep wakes jobs now, once a minute. Check the queues of the Worker.',
      ]),
  },
  {
    name: 'queue_behind',
    level: 'active',
    kind: 'state',
    unit: 'seconds',
    raiseAt: 10 * 60,
    clearBelow: 2 * 60,
    runbook: 'A queue is behind',
    read: ({ oldestMessageSeconds: oldest }) =>
      oldest === null
        ? null
        : [
            {
              subject: '',
              value: oldest,
              title: 'A queue is behind',
              text: `Its oldest message has waited ${formatDuration(oldest * 1_000)}. More work arrives than is done, or messages fail. Look at the backlog of the queues, and for message.failed in the log.`,
              links: [],
            },
          ],
  },
  {
    ...trueOrNot,
    name: 'cron_down',
    level: 'bad',
    runbook: 'Jobs are stuck',
    read: ({ parts }) =>
      wholeDeployment(parts?.isCronDown, [
        'The sweep does not run',
        'Work is long overdue, and no message for it waits. Check the cron trigger of the Worker and its log.',
      ]),
  },
  {
    ...trueOrNot,
    name: 'purges_late',
    level: 'active',
    runbook: null,
    read: ({ parts }) =>
      wholeDeployment(parts === null ? undefined : parts.latePurges > 0, [
        'Erased files may still be in the cache',
        `${counted(parts?.latePurges ?? 0, 'purge')} waiting for more than an hour. Look for errors of purges in the log.`,
      ]),
  },
  {
    ...trueOrNot,
    name: 'nightly_export_late',
    level: 'bad',
    runbook: null,
    read: ({ nightlyExport }) =>
      wholeDeployment(nightlyExport === null ? undefined : nightlyExport.lateDay !== null, [
        `The nightly export of ${nightlyExport?.lateDay} is late`,
        'It should have been done by 12:00 UTC. It continues each minute by itself. Look for cron.failed with exportNightly in the log, and check R2.',
      ]),
  },
]

const toShrink = 'Erase old jobs, shorten PRUNE_AFTER_DAYS, or add a database.'

function usedOf({ bytes, maxBytes }: NonNullable<Figures['database']>): string {
  return `${formatBytes(bytes)} of ${formatBytes(maxBytes)}, ${percent(bytes / maxBytes)}, are used.`
}
