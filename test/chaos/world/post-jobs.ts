/** Callers who post each job under one Idempotency-Key until the job is accepted. */
import { z } from 'zod'
import type { PlannedJob } from '../plan-jobs.ts'
import { callUntilAnswered } from './call.ts'

export interface AcceptedJob {
  plan: PlannedJob
  id: string
}

export interface Poster {
  accepted: AcceptedJob[]
  post: (jobs: readonly PlannedJob[]) => Promise<void>
}

export function createPoster(url: string, apiKey: string, onAccepted: (job: AcceptedJob) => void): Poster {
  const accepted: AcceptedJob[] = []
  const postUntilAccepted = async (plan: PlannedJob): Promise<void> => {
    const { status, text } = await callUntilAnswered(`${url}/v1/jobs`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': `boat-${plan.index}`,
      },
      body: JSON.stringify(plan.request),
    })
    if (status !== 202) throw new Error(`Boat ${plan.index} was refused: ${status} ${text}`)
    const job = { plan, id: acceptedBody.parse(JSON.parse(text)).id }
    accepted.push(job)
    onAccepted(job)
  }
  return {
    accepted,
    post: async (jobs) => {
      await Promise.all(jobs.map(postUntilAccepted))
    },
  }
}

const acceptedBody = z.object({ id: z.string() })
