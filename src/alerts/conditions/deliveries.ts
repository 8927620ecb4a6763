/** Notifications that wait, and receivers that do not accept them. No I/O. */
import { counted, formatDuration } from '../../core/format.ts'
import { overdueMs } from '../limits.ts'
import { type Condition, trueOrNot } from './condition.ts'

const hosts = { href: '/deliveries/hosts', text: 'Hosts' }
const pending = { href: '/deliveries?status=pending', text: 'Pending deliveries' }

export const deliveryConditions: Condition[] = [
  {
    name: 'deliveries_overdue',
    level: 'bad',
    kind: 'state',
    unit: 'seconds',
    raiseAt: overdueMs / 1_000,
    clearBelow: 60,
    runbook: 'A queue is behind',
    read: ({ deliveries }) =>
      deliveries && [
        {
          subject: '',
          value: deliveries.oldestOverdueSeconds ?? 0,
          title: `${counted(deliveries.overdue, 'delivery', 'deliveries')} overdue`,
          text: `The oldest should have been sent ${formatDuration((deliveries.oldestOverdueSeconds ?? 0) * 1_000)} ago. The sweep tries again every minute.`,
          links: [pending],
        },
      ],
  },
  {
    name: 'deliveries_waiting',
    level: 'active',
    kind: 'state',
    unit: 'count',
    raiseAt: 500,
    clearBelow: 250,
    runbook: 'A callback host is dead',
    read: ({ deliveries }) =>
      deliveries && [
        {
          subject: '',
          value: deliveries.pending,
          title: `${counted(deliveries.pending, 'delivery', 'deliveries')} not accepted yet`,
          text: 'Each is tried ten times over about three days. The page of the hosts shows which of them are slow or down.',
          links: [hosts, pending],
        },
      ],
  },
  {
    name: 'callback_host_down',
    level: 'active',
    kind: 'state',
    unit: 'seconds',
    raiseAt: 30 * 60,
    clearBelow: 1,
    runbook: 'A callback host is dead',
    read: ({ hosts: down }) =>
      down?.map(({ host, downSeconds, waiting }) => ({
        subject: host,
        value: downSeconds,
        title: `The callback host ${host} is down`,
        text: `${counted(waiting, 'delivery', 'deliveries')} waiting for it. It is tried again at least once an hour, and its deliveries continue by themselves. After five days it is disabled.`,
        links: [hosts],
      })) ?? null,
  },
  {
    ...trueOrNot,
    name: 'endpoints_disabled',
    level: 'bad',
    runbook: 'A callback host is dead',
    read: ({ disabled }) =>
      disabled && [
        {
          subject: '',
          value: disabled.endpoints,
          title: `${counted(disabled.endpoints, 'endpoint')} disabled`,
          text: 'The host accepted no delivery for five days, so nothing is sent to it. When it works again, enable the endpoint and redeliver what failed.',
          links: [{ href: '/endpoints', text: 'Endpoints' }],
        },
      ],
  },
  {
    ...trueOrNot,
    name: 'callbacks_disabled',
    level: 'bad',
    runbook: 'A callback host is dead',
    read: ({ disabled }) =>
      disabled && [
        {
          subject: '',
          value: disabled.callbacks,
          title: `Callbacks disabled to ${counted(disabled.callbacks, 'host')}`,
          text: 'The host accepted no callback of an API key for five days, so its deliveries fail without an attempt. When it works again, enable the callbacks of the key and redeliver what failed.',
          links: [hosts, { href: '/deliveries?status=failed', text: 'Failed deliveries' }],
        },
      ],
  },
]
