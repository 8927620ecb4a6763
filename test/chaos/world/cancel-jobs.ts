/** Callers who cancel their jobs, each at the planned moment. A call that got no answer is repeated. */
import { z } from 'zod'
import type { WorkerState } from '../lives/channel.ts'
import type { CancelMoment, PlannedCancel } from '../plan-cancels.ts'
import type { PlannedJob } from '../plan-jobs.ts'
import { callUntilAnswered } from './call.ts'
import type { AcceptedJob } from './post-jobs.ts'

export interface CancelAnswer {
  index: number
  status: number
  body: z.infer<typeof answerBody>
  /** How many submissions of the job had begun when the answer came. */
  submissions: number
}

export interface Canceler {
  answers: CancelAnswer[]
  accept: (job: AcceptedJob) => void
  /** Returns at the first answer to the cancellation that is planned for this moment; at once if none is. */
  reach: (index: number, moment: CancelMoment) => Promise<void>
  /** Finds the jobs that are generating, and the moments at which the Worker is idle. */
  see: (state: WorkerState) => void
  /** How many callers have begun and not finished. */
  calling: () => number
  /** Every job that was answered with 200, as its caller sees it now. */
  readCanceled: () => Promise<CanceledJob[]>
}

export type CanceledJob = z.infer<typeof canceledJob> & { index: number }

interface Caller {
  index: number
  planned: PlannedCancel
  /** A job may be submitted before the response to its POST arrives. */
  id: PromiseWithResolvers<string>
  submissions: number
  firstAnswer: Promise<void> | null
}

// The message to the provider, its call and the response may each be lost: about one try in three fails.
const maxTries = 12

export function createCanceler(url: string, apiKey: string, plan: readonly PlannedJob[]): Canceler {
  const headers = { authorization: `Bearer ${apiKey}` }
  const callers = new Map(plan.flatMap(callersOf))
  const indexes = new Map<string, number>()
  const answers: CancelAnswer[] = []
  let idle = Promise.withResolvers<void>()
  let calling = 0

  const call = async (caller: Caller): Promise<CancelAnswer> => {
    const path = `/v1/jobs/${await caller.id.promise}/cancel`
    const { status, text } = await callUntilAnswered(`${url}${path}`, { method: 'POST', headers })
    const { index, submissions } = caller
    const answer = { index, status, body: answerBody.parse(JSON.parse(text)), submissions }
    answers.push(answer)
    return answer
  }

  const callUntilSure = async (caller: Caller, first: CancelAnswer): Promise<void> => {
    let { tasks } = first.body
    for (let tries = 1; tries < maxTries && tasks.some(isOpen); tries++) {
      // By then the provider has been asked, or will not be.
      await idle.promise
      tasks = (await call(caller)).body.tasks
    }
  }

  /** Returns after the first answer. */
  const cancel = async (caller: Caller): Promise<void> => {
    calling++
    const { way } = caller.planned
    const calls = Array.from({ length: way === 'twice' ? 2 : 1 }, () => call(caller))
    const first = await Promise.race(calls)
    const rest = way === 'until_sure' ? callUntilSure(caller, first) : Promise.all(calls)
    void rest.finally(() => calling--)
  }

  const reach: Canceler['reach'] = async (index, moment) => {
    const caller = callers.get(index)
    if (caller === undefined) return
    if (moment === 'submitting') caller.submissions++
    if (moment !== caller.planned.at) return
    caller.firstAnswer ??= cancel(caller)
    await caller.firstAnswer
  }

  return {
    answers,
    accept({ plan: { index }, id }) {
      callers.get(index)?.id.resolve(id)
      indexes.set(id, index)
      void reach(index, 'accepted')
    },
    reach,
    see({ running, waiting, generating }) {
      for (const id of generating) void reach(indexes.get(id) ?? -1, 'generating')
      if (running + waiting > 0) return
      idle.resolve()
      idle = Promise.withResolvers()
    },
    calling: () => calling,
    async readCanceled() {
      const canceled = new Set(answers.filter(({ status }) => status === 200).map(({ index }) => index))
      return Promise.all(
        [...canceled].map(async (index) => {
          const path = `/v1/jobs/${await callers.get(index)?.id.promise}`
          const { text } = await callUntilAnswered(`${url}${path}`, { headers })
          return { index, ...canceledJob.parse(JSON.parse(text)) }
        }),
      )
    },
  }
}

function callersOf({ index, cancel }: PlannedJob): [number, Caller][] {
  if (cancel === null) return []
  const id = Promise.withResolvers<string>()
  return [[index, { index, planned: cancel, id, submissions: 0, firstAnswer: null }]]
}

const canceledJob = z.object({
  status: z.string(),
  cancellation: z.object({ may_still_be_billed: z.boolean() }).nullable(),
  cost: z.object({ amount_usd: z.number().optional() }).nullable(),
})

/** A provider may have it. */
function isOpen({ status }: { status: string }): boolean {
  return status === 'intended' || status === 'submitted'
}

/** A job, or a problem. */
const answerBody = z.object({
  status: z.union([z.string(), z.number()]),
  tasks: z.array(z.object({ status: z.string() })).default([]),
  code: z.string().optional(),
  detail: z.string().optional(),
})
