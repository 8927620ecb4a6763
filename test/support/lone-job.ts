/** A job without queue, cron or webhooks: only the test causes its events. */
import { env } from 'cloudflare:workers'
import type { JobStatus } from '../../src/core/job/job.ts'
import { deliver } from '../../src/deliveries/deliver.ts'
import { advance } from '../../src/engine/advance.ts'
import { openDatabase } from '../../src/store/database.ts'
import { claimJob } from '../../src/store/jobs/claim.ts'
import { isEnd } from './expect-one-end.ts'
import { type PausedStep, type PausePoint, tryPause } from './hold-step.ts'
import { callbackPathOf } from './provider-webhooks.ts'
import { billsFor } from './reelhook.ts'
import { aContext, deadQueue, fetchWith, postWithoutWakeUp } from './runtime.ts'
import { select } from './storage.ts'
import { publicBaseUrl, world } from './world.ts'

const withoutQueues = { JOBS: deadQueue, RESULTS: deadQueue, DELIVERIES: deadQueue }

/** `true`: the current status. `false`: a false success. `foreign`: a success of an unknown task. */
type Claim = 'true' | 'false' | 'foreign'

export type LoneJob = Awaited<ReturnType<typeof postLoneJob>>

export async function postLoneJob(provider: 'runware' | 'crun', directives: string) {
  const prompt = `A paper boat sim(${['webhook=lost', 'megabytes=1', directives].filter(Boolean).join(', ')})`
  const { id } = await postWithoutWakeUp({ provider, prompt, deadline_seconds: 600 })
  const path = await callbackPathOf(id, provider)
  const pausedSteps: PausedStep[] = []
  let pauses = 0

  const post = async (path: string, init: RequestInit = {}) =>
    fetchWith(withoutQueues, new Request(`${publicBaseUrl}${path}`, { method: 'POST', ...init }))

  return {
    id,
    step: () => advance(aContext({}, withoutQueues), id),
    /** Does the work of a sweep and of the wake-ups that it sends. */
    async sweep() {
      await advance(aContext({}, withoutQueues), id)
      const due = await select<{ id: string }>('SELECT id FROM deliveries WHERE job_id = ?', id)
      for (const delivery of due) await deliver(aContext({}, withoutQueues), delivery.id)
    },
    cancel: () =>
      post(`/v1/jobs/${id}/cancel`, { headers: { authorization: `Bearer ${env.ADMIN_API_KEY}` } }),
    postWebhook: (claim: Claim) => post(path, { body: JSON.stringify(webhookBody(id, provider, claim)) }),
    postForgedWebhook: () => post(`${path}x`, { body: JSON.stringify(webhookBody(id, provider, 'false')) }),
    /** Claims the job as a step that crashes does. */
    crash: () => claimJob(openDatabase(env.DB), id, crypto.randomUUID(), world.edges.now()),
    /** Starts a step that pauses at this point, if it reaches the point. */
    async pauseStep(place: PausePoint) {
      const paused = await tryPause(place, (context) => advance(context, id), withoutQueues)
      if (paused === null) return
      pausedSteps.push(paused)
      pauses += 1
    },
    async resume() {
      await pausedSteps.shift()?.resume()
    },
    async resumeAll() {
      for (const paused of pausedSteps.splice(0)) await paused.resume()
    },
    state: async () => ({ ...(await stateOf(id)), pauses }),
  }
}

interface Row {
  status: JobStatus
  due_at: number | null
  lease: string | null
  events: string | null
  deliveries: string | null
}

// One statement, because it runs after every event of the model test.
const jobState = `SELECT status, due_at, lease,
  (SELECT group_concat(type) FROM (SELECT id, type FROM events WHERE job_id = jobs.id
    UNION SELECT event_id, event_type FROM deliveries WHERE job_id = jobs.id)) AS events,
  (SELECT group_concat(status) FROM deliveries WHERE job_id = jobs.id) AS deliveries
  FROM jobs WHERE id = ?`

async function stateOf(id: string) {
  const [job] = await select<Row>(jobState, id)
  if (job === undefined) throw new Error('the job does not exist')
  const bills = billsFor(id)
  const received = world.caller.receivedFor(id)
  return {
    status: job.status,
    isHeld: job.lease !== null,
    isDue: job.due_at !== null,
    ends: (job.events?.split(',') ?? []).filter(isEnd),
    deliveries: job.deliveries?.split(',') ?? [],
    notified: [...new Map(received.map((one) => [one.headers['webhook-id'], one])).values()].map(
      ({ body }) => JSON.parse(body).type as string,
    ),
    received: received.length,
    bills: bills.length,
    isCharged: bills.some(({ billedUsd }) => billedUsd > 0),
  }
}

function webhookBody(id: string, provider: 'runware' | 'crun', claim: Claim) {
  const [bill] = billsFor(id)
  const taskId = claim === 'foreign' || bill === undefined ? crypto.randomUUID() : bill.taskId
  const isMade = claim !== 'true' || (bill !== undefined && bill.endsAt <= world.edges.now())
  const url = 'https://simulator.test/v.mp4'
  if (provider === 'runware') {
    const task = { taskType: 'videoInference', taskUUID: taskId }
    return isMade
      ? { ...task, status: 'success', videoUUID: 'v', videoURL: url }
      : { ...task, status: 'processing' }
  }
  return isMade
    ? { task_id: taskId, status: 'success', result: { media_urls: [url] } }
    : { task_id: taskId, status: 'running' }
}
