/**
 * The floor: the smallest Worker with the same calls as Reelhook, and no logic. Its routes beside the two of a job are the
 * floors of one request: nothing at all, one message, one inserted row.
 */
import { Hono } from 'hono'
import { insertRoute, type JobCalls } from '../floor-calls.ts'
import { createTables } from './floor-tables.ts'
import { type FloorJob, type NextUnit, repeatCalls } from './repeat-calls.ts'

const app = new Hono<{ Bindings: Env }>()

app.post('/empty', (c) => c.text('ok'))

app.post('/send', async (c) => {
  await c.env.RESULTS.send({ ignored: await c.req.text() })
  return c.text('ok')
})

app.post('/insert', async (c) => {
  await repeatCalls(c.env, { units: [insertRoute], at: 0, next: null }, aJob(''))
  return c.text('ok')
})

app.post('/tables', async (c) => {
  const { accepted, webhook } = jobCallsOf(c.env)
  await createTables(c.env.DB, [...accepted, ...webhook, insertRoute])
  return c.text('ok')
})

app.post('/v1/jobs', async (c) => {
  const { prompt, callback_url } = await c.req.json<{ prompt: string; callback_url: string }>()
  const job = { ...aJob(prompt), callbackUrl: callback_url }
  await perform(c.env, { stage: 'accepted', at: 0, job })
  return c.json({ id: job.id }, 202)
})

app.post('/webhooks/runware/:id', async (c) => {
  const { task = '', callback = '' } = c.req.query()
  await c.req.text()
  const job = { id: c.req.param('id'), taskId: task, callbackUrl: callback, prompt: '' }
  await perform(c.env, { stage: 'webhook', at: 0, job })
  return c.text('ok')
})

export const floor: ExportedHandler<Env> = {
  fetch: app.fetch,
  async queue(batch, env) {
    await Promise.all(
      batch.messages.map(async (message) => {
        if (isNextUnit(message.body)) await perform(env, message.body)
        message.ack()
      }),
    )
  },
}

function isNextUnit(body: unknown): body is NextUnit {
  return typeof body === 'object' && body !== null && 'stage' in body
}

async function perform(env: Env, { stage, at, job }: NextUnit): Promise<void> {
  await repeatCalls(env, { units: jobCallsOf(env)[stage], at, next: stage }, job)
}

function aJob(prompt: string): FloorJob {
  return { id: crypto.randomUUID(), taskId: crypto.randomUUID(), callbackUrl: '', prompt }
}

let jobCalls: JobCalls | undefined

function jobCallsOf(env: Env): JobCalls {
  const calls: JobCalls = jobCalls ?? JSON.parse(Reflect.get(env, 'FLOOR_CALLS'))
  jobCalls = calls
  return calls
}
