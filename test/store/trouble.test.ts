/** The texts of D1's errors, as its documentation lists them: which pass, and which do not. */
import { describe, expect, it } from 'vitest'
import { isDatabaseFull, isDatabaseTrouble } from '../../src/store/database.ts'

const passing = [
  'D1_ERROR: D1 DB reset because its code was updated.',
  'D1_ERROR: Internal error while starting up D1 DB storage caused object to be reset.',
  'D1_ERROR: Network connection lost.',
  'D1_ERROR: Internal error in D1 DB storage caused object to be reset.',
  'D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.',
  "D1_ERROR: Can't read from request stream because client disconnected.",
  'D1_ERROR: Replica disconnected from primary.',
  'D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.',
  'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
  'D1_ERROR: D1 DB is overloaded. Too many requests queued.',
  "D1_ERROR: D1 DB's isolate exceeded its memory limit and was reset.",
  'D1_ERROR: D1 DB exceeded its CPU time limit and was reset.',
  'D1_ERROR: database is locked: SQLITE_BUSY',
  'D1_ERROR: no response within 10000 ms',
  "D1_ERROR: Your account has exceeded D1's free tier daily row write limit.",
  'Network connection lost.',
  'internal error; reference = 0123456789abcdef',
]

const full = [
  'D1_ERROR: Exceeded maximum DB size',
  'D1_ERROR: Exceeded maximum DB size.',
  'D1_ERROR: Exceeded maximum account storage limit.',
  'D1_ERROR: database or disk is full: SQLITE_FULL',
]

const mistakes = [
  'D1_ERROR: No SQL statements detected.',
  'D1_ERROR: no such table: users: SQLITE_ERROR',
  'D1_ERROR: too many SQL variables at offset 7: SQLITE_ERROR',
  'D1_ERROR: malformed JSON: SQLITE_ERROR',
  'D1_ERROR: UNIQUE constraint failed: jobs.id: SQLITE_CONSTRAINT',
  "D1_TYPE_ERROR: Type 'undefined' not supported for value 'undefined'",
  'Too many API requests by single Worker invocation.',
]

/** As drizzle throws it. */
const wrapped = (message: string) => new Error('Failed query', { cause: new Error(message) })

describe('an error of D1', () => {
  it.each(passing)('is trouble that passes: %s', (message) => {
    for (const error of [new Error(message), wrapped(message)]) {
      expect([isDatabaseTrouble(error), isDatabaseFull(error)]).toEqual([true, false])
    }
  })

  it.each(full)('says that the database is full: %s', (message) => {
    for (const error of [new Error(message), wrapped(message)]) {
      expect([isDatabaseTrouble(error), isDatabaseFull(error)]).toEqual([false, true])
    }
  })

  it.each(mistakes)('is a mistake of a statement or its caller: %s', (message) => {
    expect([isDatabaseTrouble(wrapped(message)), isDatabaseFull(wrapped(message))]).toEqual([false, false])
  })
})
