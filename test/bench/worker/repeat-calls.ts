/** Repeats the recorded calls of one request or message. */
import type { Call, JobCalls, Unit } from '../floor-calls.ts'
import { statementFor } from './floor-tables.ts'

/** A job of the floor. Every message and the webhook's URL carry all of it, so no row has to be read for it. */
export interface FloorJob {
  id: string
  taskId: string
  callbackUrl: string
  prompt: string
}

/** A message: the unit that it starts. */
export interface NextUnit {
  stage: keyof JobCalls
  at: number
  job: FloorJob
}

interface Position {
  units: Unit[]
  at: number
  /** The stage that its messages continue. Null: there are none. */
  next: keyof JobCalls | null
}

export async function repeatCalls(env: Env, position: Position, job: FloorJob): Promise<void> {
  const { units, at, next } = position
  let sent = units.slice(0, at).reduce((sum, unit) => sum + messagesIn(unit), 0)
  let links: string[] = []
  let video: Response | undefined
  for (const call of units[at]?.calls ?? []) {
    switch (call.to) {
      case 'database':
        await runStatements(env.DB, call.statements)
        break
      case 'queue': {
        const messages = Array.from({ length: call.messages }, () => {
          sent += 1
          return { body: next === null ? null : { stage: next, at: sent, job } }
        })
        await sendMessages(env, call, messages)
        break
      }
      case 'bucket':
        await callBucket(env.BUCKET, call, { key: job.id, video })
        video = undefined
        break
      case 'host':
        switch (call.purpose) {
          case 'submit':
            await submit(env, job)
            break
          case 'poll':
            links = await poll(env, job)
            break
          case 'download':
            video = await fetch(links[0] ?? '')
            break
          case 'callback':
            await callBack(job)
            break
        }
        break
    }
  }
}

function messagesIn({ calls }: Unit): number {
  return calls.reduce((sum, call) => sum + (call.to === 'queue' ? call.messages : 0), 0)
}

async function runStatements(database: D1Database, costs: Parameters<typeof statementFor>[1][]) {
  const statements = costs.map((cost) => statementFor(database, cost))
  const [first, ...others] = statements
  if (first === undefined) return
  if (others.length === 0) await first.run()
  else await database.batch(statements)
}

async function sendMessages(
  env: Env,
  { binding, operation }: Extract<Call, { to: 'queue' }>,
  messages: { body: unknown }[],
) {
  const queue: Queue = Reflect.get(env, binding)
  if (operation === 'sendBatch') await queue.sendBatch(messages)
  else for (const { body } of messages) await queue.send(body)
}

async function callBucket(
  bucket: R2Bucket,
  { operation, bytes }: Extract<Call, { to: 'bucket' }>,
  { key, video }: { key: string; video: Response | undefined },
): Promise<void> {
  switch (operation) {
    case 'put':
      await bucket.put(key, video?.body ?? '')
      return
    case 'get': {
      const options = bytes === null ? {} : { range: { offset: 0, length: bytes } }
      await (await bucket.get(key, options))?.arrayBuffer()
      return
    }
    case 'head':
      await bucket.head(key)
      return
    case 'delete':
      await bucket.delete(key)
      return
    case 'list':
      await bucket.list({ prefix: key })
      return
    case 'part':
      throw new Error('the videos of the benchmark are small enough for one put')
  }
}

async function submit(env: Env, { id, taskId, callbackUrl, prompt }: FloorJob): Promise<void> {
  const query = new URLSearchParams({ task: taskId, callback: callbackUrl })
  await callRunware(env, {
    taskType: 'videoInference',
    taskUUID: taskId,
    model: 'bytedance:seedance@2.0-mini',
    positivePrompt: prompt,
    width: 864,
    height: 496,
    duration: 5,
    webhookURL: `${env.PUBLIC_BASE_URL}/webhooks/runware/${id}?${query}`,
  })
}

async function poll(env: Env, { taskId }: FloorJob): Promise<string[]> {
  const { data } = await callRunware(env, { taskType: 'getResponse', taskUUID: taskId })
  return data.flatMap(({ videoURL = [] }) => videoURL)
}

async function callRunware(env: Env, task: object): Promise<{ data: { videoURL?: string }[] }> {
  const response = await fetch(env.RUNWARE_BASE_URL, {
    method: 'POST',
    headers: { authorization: `Bearer ${env.RUNWARE_API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify([task]),
  })
  if (!response.ok) throw new Error(`Runware returned ${response.status}: ${await response.text()}`)
  return response.json()
}

async function callBack({ id, callbackUrl }: FloorJob): Promise<void> {
  const body = JSON.stringify({ type: 'job.succeeded', data: { id, padding: 'x'.repeat(1_500) } })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(callbackUrl, { method: 'POST', headers, body })
  await response.text()
}
