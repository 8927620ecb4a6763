/**
 * The calls that one webhook job makes, from its POST to its callback. Nothing here is a guess: count-calls.ts records the
 * calls of one real job through the real Worker, and the floor Worker (worker/floor.ts) repeats that list with no logic.
 * Then the floor's own calls are counted in the same way, and the benchmark fails if they differ (`differencesOf`).
 */

/** One request or one queue message, and the calls that it makes, in order. */
export interface Unit {
  /** `request`, or the name of the queue. */
  entrance: string
  calls: Call[]
}

export type Call =
  /** One round trip. */
  | { to: 'database'; statements: Statement[] }
  | { to: 'bucket'; operation: BucketOperation; bytes: number | null }
  | { to: 'queue'; binding: string; operation: 'send' | 'sendBatch'; messages: number }
  | { to: 'host'; purpose: 'submit' | 'poll' | 'download' | 'callback' }

export interface Statement {
  rowsRead: number
  rowsWritten: number
  /** The length of its text parameters. */
  bytes: number
}

export type BucketOperation = 'put' | 'get' | 'head' | 'delete' | 'list' | 'part'

/** A line of the log of a metered Worker. */
export interface RecordedCall {
  event: 'bench.call'
  unit: number
  entrance: string
  /** Calls are printed when they end, so this is their order. */
  n: number
  /** A string: the unit itself. */
  call: Call | 'begun' | 'ended'
}

/** `accepted`: from the POST until the provider has the task. `webhook`: from its webhook to the callback. */
export interface JobCalls {
  accepted: Unit[]
  webhook: Unit[]
}

/** A row of a job's size with three indexes: the smallest route that accepts anything. */
export const insertRoute: Unit = { entrance: 'request', calls: [write(4, 1_500)] }

/**
 * The fewest calls with which a Worker could do the same: accept, submit, then for the webhook one message that claims the
 * job, polls, copies, commits and calls back. Unlike the recorded list it stays as it is when Reelhook changes.
 */
export const fewestCalls: JobCalls = {
  accepted: [
    {
      entrance: 'request',
      calls: [write(4, 1_500), { to: 'queue', binding: 'JOBS', operation: 'send', messages: 1 }],
    },
    { entrance: 'reelhook-jobs', calls: [{ to: 'host', purpose: 'submit' }, write(2, 150)] },
  ],
  webhook: [
    { entrance: 'request', calls: [{ to: 'queue', binding: 'RESULTS', operation: 'send', messages: 1 }] },
    {
      entrance: 'reelhook-results',
      calls: [
        write(2, 150),
        { to: 'host', purpose: 'poll' },
        { to: 'host', purpose: 'download' },
        { to: 'bucket', operation: 'put', bytes: null },
        write(4, 2_000),
        { to: 'host', purpose: 'callback' },
        write(2, 150),
      ],
    },
  ],
}

function write(rowsWritten: number, bytes: number): Call {
  return { to: 'database', statements: [{ rowsRead: 0, rowsWritten, bytes }] }
}

export interface Counters {
  invocations: number
  roundTrips: number
  statements: number
  rowsRead: number
  rowsWritten: number
  messages: number
  bucketClassA: number
  bucketClassB: number
  fetches: number
}

/** Cloudflare's classes: deleting is free. */
const bucketClasses: Record<BucketOperation, 'bucketClassA' | 'bucketClassB' | null> = {
  put: 'bucketClassA',
  part: 'bucketClassA',
  list: 'bucketClassA',
  get: 'bucketClassB',
  head: 'bucketClassB',
  delete: null,
}

export function countersOf(units: Unit[]): Counters {
  const calls = units.flatMap(({ calls }) => calls)
  const statements = calls.flatMap((call) => (call.to === 'database' ? call.statements : []))
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)
  const bucket = (name: string) =>
    calls.filter((call) => call.to === 'bucket' && bucketClasses[call.operation] === name).length
  return {
    invocations: units.length,
    roundTrips: calls.filter(({ to }) => to === 'database').length,
    statements: statements.length,
    rowsRead: sum(statements.map(({ rowsRead }) => rowsRead)),
    rowsWritten: sum(statements.map(({ rowsWritten }) => rowsWritten)),
    messages: sum(calls.map((call) => (call.to === 'queue' ? call.messages : 0))),
    bucketClassA: bucket('bucketClassA'),
    bucketClassB: bucket('bucketClassB'),
    fetches: calls.filter(({ to }) => to === 'host').length,
  }
}

/** Rows read are left out: the floor's statements find their rows by their key, and reading costs almost nothing. */
export function differencesOf(reelhook: Counters, floor: Counters): string[] {
  const compared = Object.entries(reelhook).filter(([name]) => name !== 'rowsRead')
  return compared.flatMap(([name, count]) => {
    const ofFloor = Object.entries(floor).find(([other]) => other === name)?.[1]
    return ofFloor === count ? [] : [`${name}: ${count} in Reelhook, ${ofFloor} in the floor Worker`]
  })
}
