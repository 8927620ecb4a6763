/** A caller who does not give up: it posts each job under one Idempotency-Key until the job is accepted. */
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { PlannedJob } from '../plan-jobs.ts'

export interface AcceptedJob {
  plan: PlannedJob
  id: string
}

export interface Poster {
  accepted: AcceptedJob[]
  post: (jobs: readonly PlannedJob[]) => Promise<void>
}

const retryAfterMs = 100

export function createPoster(url: string, apiKey: string): Poster {
  const accepted: AcceptedJob[] = []
  const postUntilAccepted = async (plan: PlannedJob): Promise<void> => {
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
        accepted.push({ plan, id: acceptedBody.parse(JSON.parse(text)).id })
        return
      }
      if (response !== null && isRefusal(response)) {
        throw new Error(`Boat ${plan.index} was refused: ${response.status} ${text}`)
      }
      await wait(retryAfterMs)
    }
  }
  return {
    accepted,
    post: async (jobs) => {
      await Promise.all(jobs.map(postUntilAccepted))
    },
  }
}

function isRefusal({ status }: Response): boolean {
  return status >= 400 && status < 500 && status !== 429
}

const acceptedBody = z.object({ id: z.string() })
