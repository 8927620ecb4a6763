/** Random faults of providers and their chances. At most one row of each group happens. */
import type { ProviderName } from '../../src/core/request/choices.ts'

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

const webhookProviders = ['runware', 'crun', 'byteplus', 'fal'] as const

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
    { directive: 'wrapped', chance: 0.35, providers: ['runware', 'crun'] },
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
    { directive: 'list=lagging', chance: 0.2, providers: ['scenario', 'byteplus'] },
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
