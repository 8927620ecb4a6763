/** The log of a whole run: its lines and keys, and no secret. */
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { describeError, logToConsole } from '../src/log.ts'
import { select } from './support/storage.ts'
import { type Run, request, runAll } from './support/whole-run.ts'
import { world } from './support/world.ts'

/** Each log event of the run, and its keys. */
const keys = {
  'job.accepted': ['job_id', 'provider'],
  'media.uploaded': ['job_id', 'provider', 'duration_ms', 'fault'],
  'task.submitted': ['job_id', 'provider', 'task_id', 'attempt', 'duration_ms', 'fault'],
  'task.refused': ['job_id', 'provider', 'task_id', 'attempt', 'duration_ms', 'fault'],
  'webhook.received': ['job_id', 'provider'],
  'upload.received': ['job_id', 'task_n'],
  'task.polled': ['job_id', 'provider', 'task_id', 'duration_ms', 'fault'],
  'output.stored': ['job_id', 'provider', 'attempt', 'duration_ms', 'fault'],
  'metadata.read': ['job_id', 'duration_ms'],
  'job.settled': ['job_id', 'provider', 'duration_ms', 'fault'],
  'delivery.attempted': ['job_id', 'attempt', 'duration_ms'],
  'sweep.finished': ['duration_ms'],
  'request.failed': ['request_id'],
}

let run: Run
const printed: unknown[] = []

beforeAll(async () => {
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...words) => void printed.push(...words))
  }
  run = await runAll()
}, 60_000)

function linesOf(event: string, jobId?: string) {
  return world.logs.filter(
    (line) => line.event === event && (jobId === undefined || line.fields.job_id === jobId),
  )
}

/** One line each, of one of these events. */
const unitsOfWork = [
  ['job.accepted'],
  ['job.settled'],
  ['task.submitted', 'task.refused'],
  ['output.stored'],
  ['delivery.attempted'],
]

/** How many attempts of this kind were made for a job. */
async function sum(table: string, jobId: string): Promise<number> {
  const [row] = await select<{ n: number | null }>(
    `SELECT sum(attempts) AS n FROM ${table} WHERE job_id = ?`,
    jobId,
  )
  return row?.n ?? 0
}

describe('the log of a whole run', () => {
  it('has lines for every kind of work', () => {
    const said = new Set(world.logs.map(({ event }) => event))
    expect(Object.keys(keys).filter((event) => !said.has(event))).toEqual([])
  })

  it('has no secret, prompt or token', () => {
    const text = JSON.stringify(world.logs)
    expect(run.secrets.length).toBeGreaterThan(40)
    expect(run.secrets.filter((secret) => text.includes(secret))).toEqual([])
  })

  it('is the only output', () => {
    expect(printed).toEqual([])
  })

  it('has one line for each unit of work', async () => {
    for (const id of run.jobIds) {
      // An attempt is logged just before it is written.
      await vi.waitFor(async () => {
        const lines = unitsOfWork.map((events) => events.flatMap((event) => linesOf(event, id)).length)
        expect(lines, id).toEqual([
          1,
          1,
          await sum('tasks', id),
          await sum('outputs', id),
          await sum('deliveries', id),
        ])
      }, 60_000)
    }
  })

  it.each(Object.entries(keys))('gives %s the keys %j', (event, names) => {
    for (const { fields } of linesOf(event))
      expect(Object.keys(fields)).toEqual(expect.arrayContaining(names))
  })
})

describe('an error in the log', () => {
  it('has no paths and queries of URLs', () => {
    const error = new TypeError(`cannot load ${request.callback_url}, nor http://a.test?b`)
    expect(describeError(error)).toBe('TypeError: cannot load https://caller.test/… nor http://a.test/…')
  })

  it('has no text that could not be parsed as JSON', () => {
    const error = tried(() => JSON.parse('A very private prompt'))
    expect(describeError(error)).toBe('SyntaxError')
  })

  it('is described by its cause, not by the failed statement', () => {
    expect(describeError(new Error(`Failed query: ${request.prompt}`, { cause: new Error('locked') }))).toBe(
      'Error: locked',
    )
  })
})

it('a log line is JSON', () => {
  const print = vi.spyOn(console, 'log').mockReturnValue()
  logToConsole('job.accepted', { job_id: 'job_1', fault: undefined })
  expect(print.mock.calls).toEqual([['{"event":"job.accepted","job_id":"job_1"}']])
})

function tried(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}
