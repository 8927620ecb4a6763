/** The hosts of callers: what each answers to its n-th attempt. Pure: the sink is a server around it. */

const behaviours = [
  'accepts',
  'fails once',
  'fails four times',
  'hears and breaks off, twice',
  'is busy twice',
  'redirects once',
  'redirects',
  'is gone',
  'fails',
  'babbles',
  'hangs once',
  'answers too late, once',
] as const

export type Behaviour = (typeof behaviours)[number]

export type CallerAnswer =
  | { kind: 'says'; status: number; headers?: Record<string, string> }
  /** 200, and a body that does not end. */
  | { kind: 'babbles' }
  /** The connection breaks after the body was heard. */
  | { kind: 'breaks off' }
  /** Heard, and answered later than anybody waits; with nothing, where `status` is null. */
  | { kind: 'keeps waiting'; status: number | null }

/** One attempt, as its caller heard it. */
export interface Told {
  index: number
  attempt: number
  eventId: string
  body: string
  verified: boolean
}

/** How many times faster than in earnest everybody here loses patience. */
export const hurry = 6

export const retryAfterSeconds = 120

/** `attempt` counts from 1. */
export function answerOf(behaviour: Behaviour, attempt: number): CallerAnswer {
  const accepted = { kind: 'says', status: 200 } as const
  const redirected = { kind: 'says', status: 302, headers: { location: elsewhere } } as const
  switch (behaviour) {
    case 'accepts':
      return accepted
    case 'fails once':
      return attempt <= 1 ? { kind: 'says', status: 500 } : accepted
    case 'fails four times':
      return attempt <= 4 ? { kind: 'says', status: 503 } : accepted
    case 'hears and breaks off, twice':
      return attempt <= 2 ? { kind: 'breaks off' } : accepted
    case 'is busy twice': {
      const headers = { 'retry-after': String(retryAfterSeconds) }
      return attempt <= 2 ? { kind: 'says', status: 429, headers } : accepted
    }
    case 'redirects once':
      return attempt <= 1 ? redirected : accepted
    case 'redirects':
      return redirected
    case 'is gone':
      return { kind: 'says', status: 410 }
    case 'fails':
      return { kind: 'says', status: 500 }
    case 'babbles':
      return { kind: 'babbles' }
    case 'hangs once':
      return attempt <= 1 ? { kind: 'keeps waiting', status: null } : accepted
    case 'answers too late, once':
      return attempt <= 1 ? { kind: 'keeps waiting', status: 200 } : accepted
  }
}

/** Nobody may ever call there. */
const elsewhere = '/elsewhere'

/** Whether the host takes the event in the end. */
export function takesIt(behaviour: Behaviour): boolean {
  return behaviour !== 'is gone' && behaviour !== 'redirects' && behaviour !== 'fails'
}
