/**
 * The paths by which the harness controls the Worker: they set its clock, report whether it is busy, and read D1 and R2
 * without the product's code. Only the harness's build has them.
 */
import { z } from 'zod'
import { type Row, readState, type Storage } from '../lives/storage.ts'
import { speedup } from '../world/callers.ts'

// Kept between invocations. It only grows.
let offsetMs = 0
let running = 0

// For the whole isolate, because ids contain the time too.
const machineNow = Date.now
Date.now = () => machineNow() + offsetMs

// Timeouts are shorter too: the local queue waits for each request that hangs.
const timeout = AbortSignal.timeout.bind(AbortSignal)
AbortSignal.timeout = (ms) => timeout(ms / speedup)

/** The machine's clock, which measures an outage. */
export { machineNow }

export function setClock(toOffsetMs: number): void {
  offsetMs = Math.max(offsetMs, toOffsetMs)
}

/** Counts the invocations in progress. */
export async function countRunning<T>(work: () => T | Promise<T>): Promise<T> {
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
      setClock(Number(await request.text()))
      return new Response('set')
    case '/chaos/state':
      return Response.json(await stateOf(env))
    case '/chaos/select': {
      const { sql, values } = selectBody.parse(await request.json())
      return Response.json(await selector(env)(sql, ...values))
    }
    case '/chaos/objects':
      return Response.json(await objectKeys(env.BUCKET))
    case '/chaos/object': {
      const object = await env.BUCKET.get(searchParams.get('key') ?? '')
      return new Response(object?.body ?? null, { status: object === null ? 404 : 200 })
    }
    case '/chaos/poison':
      await env.JOBS.sendBatch([{ body: { nonsense: true } }, { body: 'no object' }, { body: null }])
      return new Response('poisoned')
    default:
      return new Response('unknown', { status: 404 })
  }
}

const selectBody = z.object({ sql: z.string(), values: z.array(z.union([z.string(), z.number()])) })

async function stateOf(env: Env) {
  const select = selector(env)
  const [due, generating, ...queues] = await Promise.all([
    readState({ select }, Date.now()),
    select("SELECT id FROM jobs WHERE status = 'generating'"),
    env.JOBS.metrics(),
    env.RESULTS.metrics(),
    env.DELIVERIES.metrics(),
  ])
  return {
    ...due,
    running,
    waiting: queues.reduce((sum, { backlogCount }) => sum + backlogCount, 0),
    generating: generating.map(({ id }) => String(id)),
  }
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
