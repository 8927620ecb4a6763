/**
 * How the harness holds the Worker: turns its clock, sees whether it is at work, and reads D1 and R2 past the product.
 * Only the harness's build has these paths.
 */
import { z } from 'zod'
import { hurry } from '../callers.ts'
import { type Row, readState, type Storage } from '../storage.ts'

/** Forward only, and not lost between one invocation and the next. */
let offsetMs = 0
let running = 0

// The whole isolate's: ids are made by it, too.
const machineNow = Date.now
Date.now = () => machineNow() + offsetMs

// Its patience is turned likewise: local queues wait for whoever hangs, and a run meets many.
const patience = AbortSignal.timeout
AbortSignal.timeout = (ms) => patience.call(AbortSignal, ms / hurry)

/** The machine's own clock, by which an outage is measured. */
export { machineNow }

export function turnClock(toOffsetMs: number): void {
  offsetMs = Math.max(offsetMs, toOffsetMs)
}

/** Counts what is under way. */
export async function atWork<T>(work: () => T | Promise<T>): Promise<T> {
  running++
  try {
    return await work()
  } finally {
    running--
  }
}

export async function control(request: Request, env: Env): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url)
  switch (pathname) {
    case '/chaos/clock':
      turnClock(Number(await request.text()))
      return new Response('turned')
    case '/chaos/state':
      return Response.json(await lookAround(env))
    case '/chaos/select': {
      const { sql, values } = question.parse(await request.json())
      return Response.json(await selector(env)(sql, ...values))
    }
    case '/chaos/objects':
      return Response.json(await objectKeys(env.BUCKET))
    case '/chaos/object': {
      const object = await env.BUCKET.get(searchParams.get('key') ?? '')
      return new Response(object?.body ?? null, { status: object === null ? 404 : 200 })
    }
    case '/chaos/poison':
      await env.JOBS.sendBatch([{ body: { nonsense: true } }, { body: 'not even that' }, { body: null }])
      return new Response('poisoned')
    default:
      return new Response('unknown', { status: 404 })
  }
}

const question = z.object({ sql: z.string(), values: z.array(z.union([z.string(), z.number()])) })

async function lookAround(env: Env) {
  const [due, nudges, deliveries] = await Promise.all([
    readState({ select: selector(env) }, Date.now()),
    env.JOBS.metrics(),
    env.DELIVERIES.metrics(),
  ])
  return { ...due, running, waiting: nudges.backlogCount + deliveries.backlogCount }
}

function selector({ DB }: Env): Storage['select'] {
  return async (sql, ...values) =>
    (
      await DB.prepare(sql)
        .bind(...values)
        .all<Row>()
    ).results
}

async function objectKeys(bucket: R2Bucket): Promise<string[]> {
  const keys: string[] = []
  let cursor: string | undefined
  do {
    const page = await bucket.list(cursor === undefined ? {} : { cursor })
    keys.push(...page.objects.map(({ key }) => key))
    cursor = page.truncated ? page.cursor : undefined
  } while (cursor !== undefined)
  return keys
}
