/** Random faults of the Worker's calls to D1, R2, queues and other hosts, with their chances. */
import type { Moment } from './points.ts'

export interface WorkerFault {
  name: string
  /** The calls it may happen to, by their names in `call-names.ts`. */
  calls: RegExp
  when: Moment
  effect: CallEffect | OtherEffect
  /** The text of the error, where the platform has one. */
  error?: string
  chance: number
}

export type CallEffect = 'error' | 'stall' | 'outage'
type OtherEffect = 'drop' | 'duplicate' | 'unreachable'

const d1 = /^D1 /
// Cloudflare's page on debugging D1.
export const overloaded = 'D1_ERROR: D1 DB is overloaded. Requests queued for too long.'
const lost = 'D1_ERROR: Network connection lost.'

const videoPuts = /^R2 put (video|received video)$/
/** Calls that buy nothing, so they may be repeated. */
const safeCalls = /^fetch (poll|find|cancel)/
const inputUploads = /^fetch (upload|input)/
const hosts = /^fetch (submit|poll|find|cancel|upload|media|callback)/

/** Faults of each single call that the Worker makes. */
export const workerFaults: WorkerFault[] = [
  { name: 'D1 rejects a call', calls: d1, when: 'before', effect: 'error', error: overloaded, chance: 0.004 },
  { name: 'a D1 response is lost', calls: d1, when: 'after', effect: 'error', error: lost, chance: 0.004 },
  { name: 'D1 stalls', calls: d1, when: 'before', effect: 'stall', chance: 0.002 },
  { name: 'D1 is overloaded', calls: d1, when: 'before', effect: 'outage', error: overloaded, chance: 0.001 },
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
  { name: 'a safe call is not sent', calls: safeCalls, when: 'before', effect: 'error', chance: 0.03 },
  { name: 'a safe response is lost', calls: safeCalls, when: 'after', effect: 'error', chance: 0.03 },
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
  { name: 'a host is unreachable', calls: hosts, when: 'before', effect: 'unreachable', chance: 0.03 },
  { name: 'a callback is not sent', calls: /^fetch callback/, when: 'before', effect: 'error', chance: 0.03 },
  {
    name: 'a callback response is lost',
    calls: /^fetch callback/,
    when: 'after',
    effect: 'error',
    chance: 0.03,
  },
]
