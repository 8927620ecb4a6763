/**
 * D1 as it is in production. The local one answers at once and never fails; this wrapper adds its documented troubles:
 * - a delay on each round trip: 5 to 150 ms, by the distance between the Worker and the database;
 * - one thread: a call waits until the calls before it are done;
 * - an overload of seconds to minutes: each call fails at once;
 * - a stall of 2 to 25 seconds: calls hang, then continue;
 * - an answer that is lost: the call is done, and the Worker gets an error;
 * - a full database. D1 limits the pages of the file (10 GB is 2,441,406 pages of 4 KB), so what fails is a statement that
 *   needs a new page. Here that is each statement that adds a row, and each UPDATE with more than 1 KB of
 *   values. Reads, deletes, and updates in place succeed, as the documentation and the reports of full databases say.
 *
 * A call is one round trip: a statement, or a whole batch. Time and randomness are arguments.
 */
export interface EmulatedDatabase {
  binding: D1Database
  /** Each call fails until then. */
  overload: (untilMs: number) => void
  /** Each call hangs until the promise resolves. */
  stall: (until: Promise<void>) => void
  /** Calls that hang in a stall. */
  stalled: () => number
  /** Calls whose statements match are done, and their answer is lost. */
  loseAnswers: (matches: (sql: readonly string[]) => boolean) => void
  fill: (state: 'full' | 'has room') => void
  /** How many calls were made until now. */
  calls: () => number
}

interface Settings {
  now: () => number
  wait: (ms: number) => Promise<void>
  /** Uniform in [0, 1). */
  chance: () => number
  latencyMs: { min: number; max: number }
  threads: 'one' | 'unlimited'
  /** Throws when a call is over the limit of a plan. */
  admit: () => void
}

interface Statement {
  original: D1PreparedStatement
  sql: string
  values: unknown[]
}

/** A call that waits for its turn, or has it. */
interface Turn {
  seenAt: number
}

type Results = D1Result<Record<string, unknown>>[]

export const overloadedMessage = 'D1_ERROR: D1 DB is overloaded. Requests queued for too long.'
export const fullMessage = 'D1_ERROR: Exceeded maximum DB size.'
const lostMessage = 'D1_ERROR: Network connection lost.'
const maxValuesInPlace = 1_024
const canceledMs = 5_000

export function emulateDatabase(database: D1Database, given: Partial<Settings> = {}): EmulatedDatabase {
  const settings: Settings = {
    now: Date.now,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    chance: Math.random,
    latencyMs: { min: 0, max: 0 },
    threads: 'unlimited',
    admit: () => undefined,
    ...given,
  }
  const statements = new WeakMap<D1PreparedStatement, Statement>()
  let calls = 0
  let stalled = 0
  let overloadedUntil = 0
  let stall: Promise<void> | null = null
  let isFull = false
  let isLost = (_sql: readonly string[]) => false
  const turns: Turn[] = []

  /** The state of the database decides when the call arrives, not when it is sent. */
  const roundTrip = async <T>(batch: Statement[], execute: () => Promise<T>): Promise<T> => {
    settings.admit()
    calls += 1
    const { min, max } = settings.latencyMs
    if (max > 0) await settings.wait(min + settings.chance() * (max - min))
    if (settings.now() < overloadedUntil) throw new Error(overloadedMessage)
    if (stall !== null) {
      stalled += 1
      await stall
      stalled -= 1
    }
    const result = await inTurn(execute)
    if (isLost(batch.map(({ sql }) => sql))) throw new Error(lostMessage)
    return result
  }

  // Calls of several invocations share plain data only. The runtime may cancel one of them at any moment, for example when
  // its client leaves: a promise of it would never resolve, and each later call would wait for it.
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (settings.threads === 'unlimited') return work()
    const own = { seenAt: settings.now() }
    turns.push(own)
    for (let first = turns[0]; first !== undefined && first !== own; first = turns[0]) {
      if (settings.now() - first.seenAt > canceledMs) turns.shift()
      else await settings.wait(2)
      own.seenAt = settings.now()
    }
    try {
      return await work()
    } finally {
      turns.splice(turns.indexOf(own) >>> 0, 1)
    }
  }

  const executeAll = (batch: Statement[]): Promise<Results> =>
    isFull ? executeWhenFull(database, batch) : database.batch(batch.map(({ original }) => original))

  const wrap = (statement: Statement): D1PreparedStatement => {
    const { original } = statement
    const run = () =>
      roundTrip([statement], async () => {
        const [result] = await executeAll([statement])
        return result
      })
    const wrapped = {
      bind: (...values: unknown[]) => wrap({ ...statement, original: original.bind(...values), values }),
      run,
      all: run,
      // An INSERT that returns rows has no two columns of one name, so its rows can be made of objects.
      raw: () =>
        roundTrip([statement], async () =>
          isFull && isInsert(statement)
            ? (await executeAll([statement])).flatMap(({ results }) => results.map(Object.values))
            : original.raw(),
        ),
    } as unknown as D1PreparedStatement
    statements.set(wrapped, statement)
    return wrapped
  }

  const binding = {
    prepare: (sql: string) => wrap({ original: database.prepare(sql), sql, values: [] }),
    batch: (wrapped: D1PreparedStatement[]) => {
      const batch = wrapped.flatMap((statement) => statements.get(statement) ?? [])
      return roundTrip(batch, () => executeAll(batch))
    },
  } as unknown as D1Database

  return {
    binding,
    overload: (untilMs) => {
      overloadedUntil = untilMs
    },
    stall: (until) => {
      const begun = until.then(() => {
        if (stall === begun) stall = null
      })
      stall = begun
    },
    stalled: () => stalled,
    loseAnswers: (matches) => {
      isLost = matches
    },
    fill: (state) => {
      isFull = state === 'full'
    },
    calls: () => calls,
  }
}

/** A failing check after each INSERT undoes the whole batch, as the failing INSERT itself would. */
async function executeWhenFull(database: D1Database, batch: Statement[]): Promise<Results> {
  if (batch.some(isLargeUpdate)) throw new Error(fullMessage)
  const firstDelete = batch.findIndex(({ sql }) => /^\s*delete\b/i.test(sql))
  const checked = batch.flatMap((statement, n) => {
    // What a DELETE of the same batch has freed is free for the inserts that follow it.
    const isRefused = isInsert(statement) && (firstDelete < 0 || n < firstDelete)
    return [statement.original, database.prepare(isRefused ? refuseChange : 'SELECT 1')]
  })
  try {
    const results: Results = await database.batch(checked)
    return results.filter((_, n) => n % 2 === 0)
  } catch (error) {
    if (String(error).includes('malformed JSON')) throw new Error(fullMessage, { cause: error })
    throw error
  }
}

// JSON that cannot be parsed is an error, if the statement before changed a row.
const refuseChange = "SELECT json(CASE WHEN changes() > 0 THEN 'full' ELSE '0' END)"

function isInsert({ sql }: Statement): boolean {
  return /^\s*(insert|replace)\b/i.test(sql)
}

function isLargeUpdate({ sql, values }: Statement): boolean {
  const bytes = values.reduce<number>((sum, value) => sum + String(value).length, 0)
  return /^\s*update\b/i.test(sql) && bytes > maxValuesInPlace
}
