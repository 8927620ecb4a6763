/**
 * Everything that goes wrong by chance, and how often: what providers do, what callers do, and what D1, R2, the queues
 * and the network do to us. Of each group at most one row happens. Nothing here is about the product.
 */
import type { ProviderName } from '../../src/core/request/request.ts'
import type { Behaviour } from './callers.ts'

interface ProviderFault {
  /** In the simulator's words; those of the webhook groups stand behind one `webhook=`. */
  words: string
  chance: number
  /** Only there; everywhere when it does not say. */
  at?: readonly ProviderName[]
  /** Only for jobs of several outputs. */
  many?: true
  /** The job cannot succeed. */
  isMortal?: true
  /** Where waiting for a deadline of hours would prove no more. */
  deadlineSeconds?: number
}

const ringers = ['runware', 'crun'] as const

/** How often a webhook rings, when, in which order and in which shape. */
export const webhookFaults: ProviderFault[][] = [
  [
    { words: 'lost', chance: 0.3, at: ringers },
    { words: 'last-lost', chance: 0.06, at: ringers },
    { words: 'early', chance: 0.1, at: ringers },
    // Two minutes after the end: a poll has won.
    { words: 'late', chance: 0.1, at: ringers },
    { words: 'announced', chance: 0.06, at: ringers },
  ],
  [
    { words: 'progress-first', chance: 0.15, at: ringers },
    { words: 'reversed', chance: 0.1, at: ringers },
  ],
  [
    { words: 'doubled', chance: 0.15, at: ringers },
    { words: 'tripled', chance: 0.1, at: ringers },
  ],
  [
    { words: 'wrapped', chance: 0.35, at: ringers },
    { words: 'array', chance: 0.1, at: ['runware'] },
  ],
]

export const taskFaults: ProviderFault[][] = [
  [
    { words: 'submit=429*2', chance: 0.06 },
    { words: 'submit=503*2', chance: 0.05 },
    { words: 'submit=455*1', chance: 0.03 },
    { words: 'submit=402', chance: 0.02, isMortal: true },
    { words: 'submit=403', chance: 0.01, isMortal: true },
    { words: 'submit=reset-before*1', chance: 0.04, deadlineSeconds: 1_800 },
    { words: 'submit=500-before*1', chance: 0.03, deadlineSeconds: 1_800 },
    { words: 'submit=lost-after*1', chance: 0.06 },
    { words: 'submit=500-after*1', chance: 0.04 },
    { words: 'submit=garbage-after*1', chance: 0.04 },
    { words: 'submit=504-after', chance: 0.05 },
  ],
  [
    { words: 'log=late', chance: 0.2, at: ['aimlapi'] },
    { words: 'log=never', chance: 0.2, at: ['aimlapi'] },
    { words: 'list=lagging', chance: 0.2, at: ['scenario'] },
  ],
  [
    { words: 'poll=500*3', chance: 0.08 },
    { words: 'poll=404*2', chance: 0.08 },
    { words: 'poll=odd*2', chance: 0.05 },
    { words: 'poll=409*1', chance: 0.03 },
    { words: 'poll=422*2', chance: 0.03 },
    { words: 'poll=455*1', chance: 0.02 },
    { words: 'poll=failed*1', chance: 0.04 },
    { words: 'poll=empty*2', chance: 0.03 },
    { words: 'poll=odd', chance: 0.01, isMortal: true, deadlineSeconds: 300 },
  ],
  [
    { words: 'fail=provider', chance: 0.02, isMortal: true },
    { words: 'fail=moderated', chance: 0.02, isMortal: true },
    { words: 'fail=timeout', chance: 0.01, isMortal: true },
    { words: 'fail=canceled', chance: 0.01, isMortal: true },
    { words: 'fail=some', chance: 0.08, isMortal: true, at: ['runware'], many: true },
  ],
  [{ words: 'link=expired', chance: 0.08 }],
  [{ words: 'named=twice', chance: 0.08 }],
  [
    { words: 'body=chunked', chance: 0.1 },
    { words: 'body=chunked, megabytes=6', chance: 0.04 },
    { words: 'body=truncated*1', chance: 0.06 },
    { words: 'body=html*2', chance: 0.04 },
    { words: 'body=empty*1', chance: 0.03 },
    { words: 'body=bad-gateway*2', chance: 0.06 },
    { words: 'body=endless', chance: 0.02, isMortal: true },
    { words: 'body=sound', chance: 0.01, isMortal: true },
    { words: 'body=image', chance: 0.01, isMortal: true },
    { words: 'megabytes=1', chance: 0.1 },
    { words: 'megabytes=3', chance: 0.05 },
  ],
  [
    { words: 'label=text', chance: 0.05 },
    { words: 'label=html', chance: 0.03 },
    { words: 'label=octets', chance: 0.05 },
    { words: 'label=none', chance: 0.05 },
  ],
  [
    { words: 'encoding=gzip', chance: 0.04 },
    { words: 'encoding=gzip-label', chance: 0.04 },
    { words: 'encoding=aws-chunked-gzip', chance: 0.03 },
    { words: 'encoding=deflate', chance: 0.02 },
  ],
  [{ words: 'host=wants-agent', chance: 0.15 }],
  [
    { words: 'seconds=40', chance: 0.1 },
    { words: 'seconds=300', chance: 0.04 },
    { words: 'seconds=1500', chance: 0.02 },
  ],
]

/** Where the provider is to upload the videos of a job. */
export const uploadFaults: ProviderFault[] = [
  { words: 'put=never', chance: 0.15 },
  { words: 'put=chunked', chance: 0.15 },
  { words: 'put=twice', chance: 0.15 },
  { words: 'put=late', chance: 0.1 },
  { words: 'put=too-late', chance: 0.1 },
  { words: 'put=truncated', chance: 0.1 },
  { words: 'put=html', chance: 0.05 },
  { words: 'put=picture', chance: 0.05 },
]

/** How Scenario imports the media it is sent, in the name of the file. */
export const importFaults: { words: string; chance: number }[] = [
  { words: 'sim(import=20)', chance: 0.2 },
  { words: 'sim(import=600)', chance: 0.1 },
  { words: 'sim(import=lost*1)', chance: 0.1 },
]

/** What a caller's host does. */
export const callerFaults: { behaviour: Behaviour; chance: number }[] = [
  { behaviour: 'fails once', chance: 0.05 },
  { behaviour: 'fails four times', chance: 0.04 },
  { behaviour: 'hears and breaks off, twice', chance: 0.06 },
  { behaviour: 'is busy twice', chance: 0.06 },
  { behaviour: 'redirects once', chance: 0.03 },
  { behaviour: 'redirects', chance: 0.03 },
  { behaviour: 'is gone', chance: 0.04 },
  { behaviour: 'fails', chance: 0.03 },
  { behaviour: 'babbles', chance: 0.03 },
  // Each costs the run real seconds, which the local queue waits for.
  { behaviour: 'hangs once', chance: 0.012 },
  { behaviour: 'answers too late, once', chance: 0.012 },
]

export interface OwnFault {
  says: string
  /** Which calls, by their names in `calls.ts`. */
  calls: RegExp
  when: 'before' | 'midway' | 'after'
  what: 'throws' | 'stalls' | 'is down' | 'is dropped' | 'is doubled'
  chance: number
}

/** What befalls each single call that the Worker makes. */
export const ownFaults: OwnFault[] = [
  { says: 'D1 refuses', calls: /^D1 /, when: 'before', what: 'throws', chance: 0.004 },
  { says: 'D1 writes, and does not say so', calls: /^D1 /, when: 'after', what: 'throws', chance: 0.004 },
  { says: 'D1 stalls for a second', calls: /^D1 /, when: 'before', what: 'stalls', chance: 0.002 },
  { says: 'D1 is down for two seconds', calls: /^D1 /, when: 'before', what: 'is down', chance: 0.000_5 },
  { says: 'R2 refuses', calls: /^R2 /, when: 'before', what: 'throws', chance: 0.03 },
  {
    says: 'R2 fails in mid-stream',
    calls: /^R2 (put|received video)/,
    when: 'midway',
    what: 'throws',
    chance: 0.06,
  },
  { says: 'R2 stores, and does not say so', calls: /^R2 /, when: 'after', what: 'throws', chance: 0.04 },
  { says: 'a queue refuses', calls: /^queue /, when: 'before', what: 'throws', chance: 0.02 },
  { says: 'a message is dropped', calls: /^queue /, when: 'before', what: 'is dropped', chance: 0.06 },
  { says: 'a message is doubled', calls: /^queue /, when: 'before', what: 'is doubled', chance: 0.06 },
  {
    says: 'a question is not heard',
    calls: /^fetch (ask|find)/,
    when: 'before',
    what: 'throws',
    chance: 0.03,
  },
  { says: 'an answer is not heard', calls: /^fetch (ask|find)/, when: 'after', what: 'throws', chance: 0.03 },
  { says: 'a submit is not heard', calls: /^fetch submit/, when: 'before', what: 'throws', chance: 0.02 },
  { says: 'a receipt is not heard', calls: /^fetch submit/, when: 'after', what: 'throws', chance: 0.02 },
  {
    says: 'an upload breaks',
    calls: /^fetch (upload|part|input)/,
    when: 'before',
    what: 'throws',
    chance: 0.05,
  },
  { says: 'a video breaks off', calls: /^fetch media/, when: 'midway', what: 'throws', chance: 0.03 },
  { says: 'a caller is not reached', calls: /^fetch callback/, when: 'before', what: 'throws', chance: 0.03 },
  { says: 'a caller heard unheard', calls: /^fetch callback/, when: 'after', what: 'throws', chance: 0.03 },
]
