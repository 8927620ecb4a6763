/** A caller who does not give up: posts each job under its own Idempotency-Key until it is accepted. */
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { PlannedJob } from './plan.ts'

export interface Poster {
  accepted: { plan: PlannedJob; id: string }[]
  post: (jobs: readonly PlannedJob[]) => Promise<void>
}

const againAfterMs = 100

export function createPoster(url: string, apiKey: string): Poster {
  const accepted: Poster['accepted'] = []
  const postOne = async (plan: PlannedJob): Promise<void> => {
    for (;;) {
      const response = await fetch(`${url}/v1/jobs`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
          'idempotency-key': `boat-${plan.index}`,
        },
        body: JSON.stringify(plan.request),
      }).catch(() => null)
      const text = await response?.text().catch(() => undefined)
      if (response?.status === 202 && text !== undefined) {
        accepted.push({ plan, id: answer.parse(JSON.parse(text)).id })
        return
      }
      const isFinal =
        response !== null && response.status >= 400 && response.status < 500 && response.status !== 429
      if (isFinal) throw new Error(`boat ${plan.index} was refused: ${response.status} ${text}`)
      await wait(againAfterMs)
    }
  }
  return { accepted, post: async (jobs) => void (await Promise.all(jobs.map(postOne))) }
}

const answer = z.object({ id: z.string() })
