/** A job to which nothing happens by itself: no queue, no cron, no webhook but those that the test brings about. */
import { env } from 'cloudflare:workers'
import type { JobStatus } from '../../src/core/job.ts'
import { deliver } from '../../src/deliveries/deliver.ts'
import { advance } from '../../src/engine/advance.ts'
import { openDatabase } from '../../src/store/database.ts'
import { claimJob } from '../../src/store/jobs/claim.ts'
import { isEnd } from './expect-one-end.ts'
import { type HeldStep, type Place, tryHold } from './hold-step.ts'
import { doorOf } from './provider-webhooks.ts'
import { billsFor } from './reelhook.ts'
import { aContext, deadQueue, fetchWith, postUnnudged } from './runtime.ts'
import { select } from './storage.ts'
import { publicBaseUrl, world } from './world.ts'

const alone = { JOBS: deadQueue, DELIVERIES: deadQueue }

/** `true`: what the provider would say now. `lie`: that it is made, of this task or of a strange one. */
type Word = 'true' | 'lie' | 'strange lie'

export type LoneJob = Awaited<ReturnType<typeof postLoneJob>>

export async function postLoneJob(provider: 'runware' | 'crun', directives: string) {
  const prompt = `A paper boat sim(${['webhook=lost', 'megabytes=1', directives].filter(Boolean).join(', ')})`
  const { id } = await postUnnudged({ provider, prompt, deadline_seconds: 600 })
  const door = await doorOf(id, provider)
  const heldSteps: HeldStep[] = []

  const post = async (path: string, init: RequestInit = {}) =>
    fetchWith(alone, new Request(`${publicBaseUrl}${path}`, { method: 'POST', ...init }))

  return {
    id,
    step: () => advance(aContext({}, alone), id),
    /** What the sweep nudges, worked off. */
    async sweep() {
      await advance(aContext({}, alone), id)
      const due = await select<{ id: string }>('SELECT id FROM deliveries WHERE job_id = ?', id)
      for (const delivery of due) await deliver(aContext({}, alone), delivery.id)
    },
    cancel: () =>
      post(`/v1/jobs/${id}/cancel`, { headers: { authorization: `Bearer ${env.ADMIN_API_KEY}` } }),
    ring: (word: Word) => post(door, { body: JSON.stringify(wordOf(id, provider, word)) }),
    ringAtWrongDoor: () => post(`${door}x`, { body: JSON.stringify(wordOf(id, provider, 'lie')) }),
    /** A step that takes the job and is never heard of again. */
    crash: () => claimJob(openDatabase(env.DB), id, crypto.randomUUID(), world.edges.now()),
    /** A step that stands still at the place, if it comes to it. */
    async stall(place: Place) {
      const held = await tryHold(place, (context) => advance(context, id), alone)
      if (held !== null) heldSteps.push(held)
    },
    async letGoOn() {
      await heldSteps.shift()?.letGoOn()
    },
    async letAllGoOn() {
      for (const held of heldSteps.splice(0)) await held.letGoOn()
    },
    look: () => look(id),
  }
}

interface Row {
  status: JobStatus
  due_at: number | null
  lease: string | null
  events: string
  deliveries: string | null
}

// One statement, because it is asked for after everything that happens.
const everything = `SELECT status, due_at, lease,
  (SELECT group_concat(type) FROM events WHERE job_id = jobs.id) AS events,
  (SELECT group_concat(status) FROM deliveries WHERE job_id = jobs.id) AS deliveries
  FROM jobs WHERE id = ?`

async function look(id: string) {
  const [job] = await select<Row>(everything, id)
  if (job === undefined) throw new Error('the job is gone')
  const bills = billsFor(id)
  return {
    status: job.status,
    isHeld: job.lease !== null,
    isDue: job.due_at !== null,
    ends: job.events.split(',').filter(isEnd),
    deliveries: job.deliveries?.split(',') ?? [],
    told: world.caller.receivedFor(id).map(({ body }) => JSON.parse(body).type as string),
    bills: bills.length,
    isCharged: bills.some(({ billedUsd }) => billedUsd > 0),
  }
}

function wordOf(id: string, provider: 'runware' | 'crun', word: Word) {
  const [bill] = billsFor(id)
  const taskId = word === 'strange lie' || bill === undefined ? crypto.randomUUID() : bill.taskId
  const isMade = word !== 'true' || (bill !== undefined && bill.endsAt <= world.edges.now())
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
