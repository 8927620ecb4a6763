/** The clients of a run: each posts one job and then does what its kind does. */
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { AcceptedJob } from '../chaos/world/post-jobs.ts'
import type { PlannedPost } from './plan-posts.ts'

export interface Clients {
  post: (job: PlannedPost) => Promise<void>
  /** Reads a page of jobs, deliveries and statistics. */
  list: () => Promise<void>
  accepted: (AcceptedJob & { plan: PlannedPost })[]
  /** The duration of each POST /v1/jobs that was answered at the first try. */
  postTimes: { atMs: number; ms: number }[]
  /** How often each request was answered with each status. */
  answers: Map<string, number>
  /** Answers that break a promise. */
  breaches: string[]
}

const retryAfterMs = 300
const requestTimeoutMs = 90_000
const streamMs = 180_000
const cancelAfterMs = 1_500
// Its delivery has been attempted by then.
const eraseAfterMs = 25_000
const maxTries = 20

/** A job is erased only when the harness has recorded it. */
interface Progress {
  isOver: () => boolean
  isRecorded: (jobId: string) => boolean
}

export function createClients(url: string, apiKey: string, { isOver, isRecorded }: Progress): Clients {
  const accepted: Clients['accepted'] = []
  const postTimes: Clients['postTimes'] = []
  const answers: Clients['answers'] = new Map()
  const breaches: string[] = []

  /** Null: no answer, because the Worker restarts. */
  const call = async (name: string, path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...init.headers }
    const signal = AbortSignal.timeout(requestTimeoutMs)
    const response = await fetch(`${url}${path}`, { signal, ...init, headers }).catch(() => null)
    const text = await response?.text().catch(() => null)
    const status = response === null || text == null ? null : response.status
    const key = `${name} ${status ?? 'no answer'}`
    answers.set(key, (answers.get(key) ?? 0) + 1)
    return status === null || text == null ? null : { status, text }
  }

  const postJob = async (job: PlannedPost, headers: Record<string, string> = {}): Promise<string> => {
    for (let tries = 1; ; tries++) {
      const startedAt = performance.now()
      const answer = await call('POST job', '/v1/jobs', {
        method: 'POST',
        headers: { 'idempotency-key': `boat-${job.index}`, ...headers },
        body: JSON.stringify(job.request),
      })
      const isWaiting = headers.prefer !== undefined
      if (answer !== null && (answer.status === 202 || answer.status === 200)) {
        const atMs = Date.now()
        if (tries === 1 && !isWaiting) postTimes.push({ atMs, ms: performance.now() - startedAt })
        return jobSchema.parse(JSON.parse(answer.text)).id
      }
      if (answer !== null && answer.status < 500 && answer.status !== 429) {
        throw new Error(`Boat ${job.index} was refused: ${answer.status} ${answer.text}`)
      }
      await wait(retryAfterMs)
    }
  }

  const statusAfterWait = async (id: string): Promise<string | null> => {
    for (let tries = 0; tries < maxTries; tries++) {
      const answer = await call('GET job, wait', `/v1/jobs/${id}?wait=45`)
      if (answer?.status === 404) return null
      const status = answer?.status === 200 ? jobSchema.parse(JSON.parse(answer.text)).status : 'unknown'
      if (['succeeded', 'failed', 'canceled'].includes(status)) return status
      if (answer?.status !== 200) await wait(retryAfterMs)
    }
    return null
  }

  const erase = async (id: string, query: string) => {
    if ((await statusAfterWait(id)) === null) return
    for (let tries = 0; tries < maxTries && !isOver(); tries++) {
      await wait(eraseAfterMs)
      if (!isRecorded(id)) continue
      const answer = await call('DELETE job', `/v1/jobs/${id}${query}`, { method: 'DELETE' })
      if (answer !== null && answer.status !== 409 && answer.status < 500) return
    }
  }

  const follow = async (id: string) => {
    await call('GET events, stream', `/v1/jobs/${id}/events`, {
      headers: { accept: 'text/event-stream' },
      signal: AbortSignal.timeout(streamMs),
    })
  }

  const act = async (job: PlannedPost, id: string): Promise<void> => {
    switch (job.client) {
      case 'read':
      case 'wait':
        await call('GET job', `/v1/jobs/${id}`)
        return
      case 'repeat': {
        const ids = await Promise.all([postJob(job), postJob(job)])
        if (ids.some((other) => other !== id)) breaches.push(`Boat ${job.index} has two jobs.`)
        return
      }
      case 'stream':
        return follow(id)
      case 'cancel':
        await wait(cancelAfterMs)
        await call('POST cancel', `/v1/jobs/${id}/cancel`, { method: 'POST' })
        return
      case 'retry': {
        if ((await statusAfterWait(id)) !== 'failed') return
        const headers = { 'idempotency-key': `again-${job.index}` }
        const answer = await call('POST retry', `/v1/jobs/${id}/retry`, { method: 'POST', headers })
        if (answer?.status !== 202) return
        accepted.push({ plan: job, id: jobSchema.parse(JSON.parse(answer.text)).id })
        return
      }
      case 'erase':
        return erase(id, '')
      case 'give_up':
        return erase(id, '?force=true')
    }
  }

  return {
    accepted,
    postTimes,
    answers,
    breaches,
    async post(job) {
      const id = await postJob(job, job.client === 'wait' ? { prefer: 'wait=20' } : {})
      accepted.push({ plan: job, id })
      await act(job, id)
    },
    async list() {
      const page = await call('GET jobs', '/v1/jobs?limit=20')
      await call('GET deliveries', '/v1/deliveries?limit=20')
      await call('GET stats', '/v1/stats/series')
      if (page?.status === 200) pageSchema.parse(JSON.parse(page.text))
    },
  }
}

const jobSchema = z.object({ id: z.string(), status: z.string() })
const pageSchema = z.object({ data: z.array(jobSchema) })
