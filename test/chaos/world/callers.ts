/** The callers' hosts: how each responds to its n-th attempt. Pure; `caller-server.ts` serves them. */

export type Behavior =
  | 'accept'
  | 'fail_once'
  | 'fail_four_times'
  | 'disconnect_twice'
  | 'busy_once'
  | 'busy_twice'
  | 'redirect_once'
  | 'redirect'
  | 'gone'
  | 'fail'
  | 'endless_body'
  | 'hang_once'
  | 'respond_late_once'

export type CallerResponse =
  | { kind: 'response'; status: number; headers?: Record<string, string> }
  /** 200 with a body that never ends. */
  | { kind: 'endless_body' }
  /** Reads the body, then closes the connection. */
  | { kind: 'disconnect' }
  /** Reads the body, then responds after the Worker's timeout. Null: closes the connection instead. */
  | { kind: 'timeout'; status: number | null }

/** One attempt, as the caller recorded it. */
export interface ReceivedAttempt {
  index: number
  attempt: number
  eventId: string
  body: string
  isVerified: boolean
  /** By the machine's clock. */
  receivedAt: number
}

/** The Worker's timeouts and the callers' delays are divided by this. */
export const speedup = 6

export const retryAfterSeconds = 120

/** `attempt` counts from 1. */
export function responseTo(behavior: Behavior, attempt: number): CallerResponse {
  const fault = faultOf(behavior)
  return attempt <= fault.attempts ? fault.response : { kind: 'response', status: 200 }
}

/** Whether the host accepts the event in the end. */
export function acceptsFinally(behavior: Behavior): boolean {
  return behavior !== 'gone' && behavior !== 'redirect' && behavior !== 'fail'
}

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

const always = Number.POSITIVE_INFINITY

/** The host's fault, and for how many attempts it lasts. */
function faultOf(behavior: Behavior): { attempts: number; response: CallerResponse } {
  switch (behavior) {
    case 'accept':
      return { attempts: 0, response: { kind: 'response', status: 200 } }
    case 'fail_once':
      return { attempts: 1, response: { kind: 'response', status: 500 } }
    case 'fail_four_times':
      return { attempts: 4, response: { kind: 'response', status: 503 } }
    case 'disconnect_twice':
      return { attempts: 2, response: { kind: 'disconnect' } }
    case 'busy_once':
      return { attempts: 1, response: tooManyRequests }
    case 'busy_twice':
      return { attempts: 2, response: tooManyRequests }
    case 'redirect_once':
      return { attempts: 1, response: redirect }
    case 'redirect':
      return { attempts: always, response: redirect }
    case 'gone':
      return { attempts: always, response: { kind: 'response', status: 410 } }
    case 'fail':
      return { attempts: always, response: { kind: 'response', status: 500 } }
    case 'endless_body':
      return { attempts: always, response: { kind: 'endless_body' } }
    case 'hang_once':
      return { attempts: 1, response: { kind: 'timeout', status: null } }
    case 'respond_late_once':
      return { attempts: 1, response: { kind: 'timeout', status: 200 } }
  }
}

const tooManyRequests: CallerResponse = {
  kind: 'response',
  status: 429,
  headers: { 'retry-after': String(retryAfterSeconds) },
}

// No attempt may ever call this path.
const redirect: CallerResponse = { kind: 'response', status: 302, headers: { location: '/redirected' } }
