/**
 * Random faults and their chances: faults of providers, of callers, and of the Worker's calls to D1, R2, queues and the
 * network. At most one row of each group happens.
 */
import type { ProviderName } from '../../src/core/request/request.ts'
import type { Moment } from './points.ts'
import type { Behavior } from './world/callers.ts'

interface ProviderFault {
  /** A directive of the simulator. All directives of `webhookFaults` are joined behind one `webhook=`. */
  directive: string
  chance: number
  /** Default: every provider. */
  providers?: readonly ProviderName[]
  /** Only for jobs with several outputs. */
  needsSeveralOutputs?: true
  /** The job must fail. */
  isFatal?: true
  /** A shorter deadline, where waiting for hours proves nothing more. */
  deadlineSeconds?: number
}

const webhookProviders = ['runware', 'crun'] as const
const videoPuts = /^R2 put (video|received video)$/
const polls = /^fetch (poll|find)/
const inputUploads = /^fetch (upload|input)/

/** Which webhooks arrive, when, how often, in which order and in which shape. */
export const webhookFaults: ProviderFault[][] = [
  [
    { directive: 'lost', chance: 0.3, providers: webhookProviders },
    { directive: 'last-lost', chance: 0.06, providers: webhookProviders },
    { directive: 'early', chance: 0.1, providers: webhookProviders },
    // Two minutes after the end: a poll has completed the task before.
    { directive: 'late', chance: 0.1, providers: webhookProviders },
    { directive: 'announced', chance: 0.06, providers: webhookProviders },
  ],
  [
    { directive: 'progress-first', chance: 0.15, providers: webhookProviders },
    { directive: 'reversed', chance: 0.1, providers: webhookProviders },
  ],
  [
    { directive: 'doubled', chance: 0.15, providers: webhookProviders },
    { directive: 'tripled', chance: 0.1, providers: webhookProviders },
  ],
  [
    { directive: 'wrapped', chance: 0.35, providers: webhookProviders },
    { directive: 'array', chance: 0.1, providers: ['runware'] },
  ],
]

export const taskFaults: ProviderFault[][] = [
  [
    { directive: 'submit=429*2', chance: 0.06 },
    { directive: 'submit=503*2', chance: 0.05 },
    { directive: 'submit=455*1', chance: 0.03 },
    { directive: 'submit=402', chance: 0.02, isFatal: true },
    { directive: 'submit=403', chance: 0.01, isFatal: true },
    { directive: 'submit=reset-before*1', chance: 0.04, deadlineSeconds: 1_800 },
    { directive: 'submit=500-before*1', chance: 0.03, deadlineSeconds: 1_800 },
    { directive: 'submit=lost-after*1', chance: 0.06 },
    { directive: 'submit=500-after*1', chance: 0.04 },
    { directive: 'submit=garbage-after*1', chance: 0.04 },
    { directive: 'submit=504-after', chance: 0.05 },
  ],
  [
    { directive: 'log=late', chance: 0.2, providers: ['aimlapi'] },
    { directive: 'log=never', chance: 0.2, providers: ['aimlapi'] },
    { directive: 'list=lagging', chance: 0.2, providers: ['scenario'] },
  ],
  [
    { directive: 'poll=500*3', chance: 0.08 },
    { directive: 'poll=404*2', chance: 0.08 },
    { directive: 'poll=odd*2', chance: 0.05 },
    { directive: 'poll=409*1', chance: 0.03 },
    { directive: 'poll=422*2', chance: 0.03 },
    { directive: 'poll=455*1', chance: 0.02 },
    { directive: 'poll=failed*1', chance: 0.04 },
    { directive: 'poll=empty*2', chance: 0.03 },
    { directive: 'poll=odd', chance: 0.01, isFatal: true, deadlineSeconds: 300 },
  ],
  [
    { directive: 'fail=provider', chance: 0.02, isFatal: true },
    { directive: 'fail=moderated', chance: 0.02, isFatal: true },
    { directive: 'fail=timeout', chance: 0.01, isFatal: true },
    { directive: 'fail=canceled', chance: 0.01, isFatal: true },
    {
      directive: 'fail=some',
      chance: 0.08,
      isFatal: true,
      providers: ['runware'],
      needsSeveralOutputs: true,
    },
  ],
  [{ directive: 'link=expired', chance: 0.08 }],
  [{ directive: 'named=twice', chance: 0.08 }],
  [
    { directive: 'body=chunked', chance: 0.1 },
    { directive: 'body=chunked, megabytes=6', chance: 0.04 },
    { directive: 'body=truncated*1', chance: 0.06 },
    { directive: 'body=html*2', chance: 0.04 },
    { directive: 'body=empty*1', chance: 0.03 },
    { directive: 'body=bad-gateway*2', chance: 0.06 },
    { directive: 'body=endless', chance: 0.02, isFatal: true },
    { directive: 'body=sound', chance: 0.01, isFatal: true },
    { directive: 'body=image', chance: 0.01, isFatal: true },
    { directive: 'megabytes=1', chance: 0.1 },
    { directive: 'megabytes=3', chance: 0.05 },
  ],
  [
    { directive: 'label=text', chance: 0.05 },
    { directive: 'label=html', chance: 0.03 },
    { directive: 'label=octets', chance: 0.05 },
    { directive: 'label=none', chance: 0.05 },
  ],
  [
    { directive: 'encoding=gzip', chance: 0.04 },
    { directive: 'encoding=gzip-label', chance: 0.04 },
    { directive: 'encoding=aws-chunked-gzip', chance: 0.03 },
    { directive: 'encoding=deflate', chance: 0.02 },
  ],
  [{ directive: 'host=wants-agent', chance: 0.15 }],
  [
    { directive: 'seconds=40', chance: 0.1 },
    { directive: 'seconds=300', chance: 0.04 },
    { directive: 'seconds=1500', chance: 0.02 },
  ],
]

/** For jobs whose videos the provider uploads to the Worker. */
export const uploadFaults: ProviderFault[] = [
  { directive: 'put=never', chance: 0.15 },
  { directive: 'put=chunked', chance: 0.15 },
  { directive: 'put=twice', chance: 0.15 },
  { directive: 'put=late', chance: 0.1 },
  { directive: 'put=too-late', chance: 0.1 },
  { directive: 'put=truncated', chance: 0.1 },
  { directive: 'put=html', chance: 0.05 },
  { directive: 'put=picture', chance: 0.05 },
]

/** How Scenario imports a job's media: the simulator reads the directive in the file name. */
export const importFaults: { fileName: string; chance: number }[] = [
  { fileName: 'sim(import=20)', chance: 0.2 },
  { fileName: 'sim(import=600)', chance: 0.1 },
  { fileName: 'sim(import=lost*1)', chance: 0.1 },
]

/** How a caller's host responds. */
export const callerFaults: { behavior: Behavior; chance: number }[] = [
  { behavior: 'fail_once', chance: 0.05 },
  { behavior: 'fail_four_times', chance: 0.04 },
  { behavior: 'disconnect_twice', chance: 0.06 },
  { behavior: 'busy_twice', chance: 0.06 },
  { behavior: 'redirect_once', chance: 0.03 },
  { behavior: 'redirect', chance: 0.03 },
  { behavior: 'gone', chance: 0.04 },
  { behavior: 'fail', chance: 0.03 },
  { behavior: 'endless_body', chance: 0.03 },
  // Rare, because the local queue waits real seconds for each.
  { behavior: 'hang_once', chance: 0.012 },
  { behavior: 'respond_late_once', chance: 0.012 },
]

export interface WorkerFault {
  name: string
  /** The calls it may happen to, by their names in `call-names.ts`. */
  calls: RegExp
  when: Moment
  effect: CallEffect | MessageEffect
  chance: number
}

export type CallEffect = 'error' | 'stall' | 'outage'
type MessageEffect = 'drop' | 'duplicate'

/** Faults of each single call that the Worker makes. */
export const workerFaults: WorkerFault[] = [
  { name: 'D1 rejects a call', calls: /^D1 /, when: 'before', effect: 'error', chance: 0.004 },
  { name: 'a D1 response is lost', calls: /^D1 /, when: 'after', effect: 'error', chance: 0.004 },
  { name: 'D1 stalls for a second', calls: /^D1 /, when: 'before', effect: 'stall', chance: 0.002 },
  { name: 'D1 is down for two seconds', calls: /^D1 /, when: 'before', effect: 'outage', chance: 0.000_5 },
  { name: 'R2 rejects a call', calls: /^R2 /, when: 'before', effect: 'error', chance: 0.03 },
  { name: 'R2 fails in mid-stream', calls: videoPuts, when: 'midway', effect: 'error', chance: 0.06 },
  { name: 'an R2 response is lost', calls: /^R2 /, when: 'after', effect: 'error', chance: 0.04 },
  { name: 'a queue rejects a message', calls: /^queue /, when: 'before', effect: 'error', chance: 0.02 },
  { name: 'a queue drops a message', calls: /^queue /, when: 'before', effect: 'drop', chance: 0.06 },
  {
    name: 'a queue duplicates a message',
    calls: /^queue /,
    when: 'before',
    effect: 'duplicate',
    chance: 0.06,
  },
  { name: 'a poll is not sent', calls: polls, when: 'before', effect: 'error', chance: 0.03 },
  { name: 'a poll response is lost', calls: polls, when: 'after', effect: 'error', chance: 0.03 },
  { name: 'a submit is not sent', calls: /^fetch submit/, when: 'before', effect: 'error', chance: 0.02 },
  { name: 'a submit response is lost', calls: /^fetch submit/, when: 'after', effect: 'error', chance: 0.02 },
  { name: 'an input upload fails', calls: inputUploads, when: 'before', effect: 'error', chance: 0.05 },
  {
    name: 'a video download breaks off',
    calls: /^fetch media/,
    when: 'midway',
    effect: 'error',
    chance: 0.03,
  },
  { name: 'a callback is not sent', calls: /^fetch callback/, when: 'before', effect: 'error', chance: 0.03 },
  {
    name: 'a callback response is lost',
    calls: /^fetch callback/,
    when: 'after',
    effect: 'error',
    chance: 0.03,
  },
]
