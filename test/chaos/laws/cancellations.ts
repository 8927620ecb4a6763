/** Canceled jobs: the answers that their callers got, and what their providers made and billed all the same. */
import { z } from 'zod'
import type { Row } from '../lives/storage.ts'
import { type Case, codeOf, type Evidence } from './evidence.ts'
import { forEach, type Law } from './law.ts'

export function lawsOfCancellations({ cases, cancelCalls }: Evidence): Law[] {
  const answered = cases.filter(({ cancellations }) => cancellations.length > 0)
  const refused = answered.filter((known) => !isCanceled(known))
  const canceled = answered.filter(isCanceled)
  const notified = canceled.filter(({ plan, received }) => plan.behavior !== null && received.length > 0)
  const confirmed = canceled.filter(({ bills }) => bills.some(({ canceledAt }) => canceledAt !== undefined))
  const taskIds = new Set(canceled.flatMap(({ bills }) => bills.map(({ taskId }) => taskId)))
  return [
    forEach('every cancellation is answered with the end of its job', answered, faultsOfAnswers),
    forEach('a job that had ended when it was canceled keeps its result', refused, faultsOfRefusals),
    forEach('no billable call begins after a cancellation', notified, faultsOfLaterCalls),
    forEach('a canceled job shows everything that its provider may bill', canceled, faultsOfShownBills),
    forEach('a task that its provider canceled costs nothing, and is shown so', confirmed, faultsOfConfirmed),
    {
      name: 'no provider is asked to cancel a task whose job was not canceled',
      checked: cancelCalls.length,
      breaches: cancelCalls
        .filter(({ taskId = '' }) => !taskIds.has(taskId))
        .map(({ provider, taskId }) => `${provider} was asked to cancel ${taskId}`),
    },
  ]
}

/** Its caller was told so. A cancellation whose response was lost is repeated, so every one has an answer. */
export function isCanceled({ cancellations }: Pick<Case, 'cancellations'>): boolean {
  return cancellations.some(({ status }) => status === 200)
}

/** A job has one end. So two cancellations at once, or a repeated one, have answers of one kind. */
function faultsOfAnswers({ cancellations, rows: { jobs } }: Case): string[] {
  const isCanceledJob = jobs[0]?.status === 'canceled'
  return cancellations.flatMap(({ status, body }) => {
    const isRight = isCanceledJob
      ? status === 200 && body.status === 'canceled'
      : status === 409 && body.code === 'already_settled'
    return isRight ? [] : [`is ${jobs[0]?.status}, but the answer was ${status} ${body.code ?? body.status}`]
  })
}

/** The refusal says how and when the job had ended. */
function faultsOfRefusals({ cancellations, rows: { jobs } }: Case): string[] {
  const [job] = jobs
  const end = `The job ${job?.status} at ${new Date(Number(job?.settled_at)).toISOString()}`
  return cancellations.flatMap(({ body }) =>
    body.detail?.startsWith(end) ? [] : [`the answer was "${body.detail}", but: ${end}`],
  )
}

/**
 * A step writes its task before the call, and does not look at the job again in between. So one call may begin after the
 * cancellation for each task that was written and had no response. The event shows these tasks: they may be billed.
 */
function faultsOfLaterCalls({ cancellations, received, requests, bills }: Case): string[] {
  const [first] = cancellations.filter(({ status }) => status === 200)
  const tasks = received.slice(0, 1).flatMap((attempt) => eventIn(attempt).tasks)
  const countOf = (...statuses: string[]) => tasks.filter(({ status }) => statuses.includes(status)).length
  const later = requests.submitted - (first?.submissions ?? 0)
  const inTheAir = countOf('intended')
  const shown = countOf('intended', 'unknown', 'submitted', 'succeeded', 'failed')
  return [
    ...(later <= inTheAir ? [] : [`${later} calls began later, but only ${inTheAir} tasks were written`]),
    ...(bills.length <= shown ? [] : [`${bills.length} tasks were bought, but the event shows ${shown}`]),
  ]
}

/** "May still be billed" may be too careful. The opposite must be true, in the event and forever after. */
function faultsOfShownBills({ canceled, received, rows, bills }: Case): string[] {
  const billedUsd = bills.reduce((sum, bill) => sum + bill.billedUsd, 0)
  const views = [...(canceled === undefined ? [] : [canceled]), ...received.slice(0, 1).map(eventIn)]
  const isConfirmed = ({ provider_task_id }: Row) =>
    bills.some(({ taskId, canceledAt }) => taskId === provider_task_id && canceledAt !== undefined)
  return [
    ...(canceled?.status === 'canceled' ? [] : [`its caller sees that it is ${canceled?.status}`]),
    ...views.flatMap(({ cancellation }) => {
      if (cancellation === null) return ['does not say what may be billed']
      return cancellation.may_still_be_billed || billedUsd === 0 ? [] : [`${billedUsd} USD was billed`]
    }),
    ...rows.tasks
      .filter((task) => isShown(task) && !isConfirmed(task))
      .map(({ provider }) => `shows a task as canceled, and ${provider} has not canceled it`),
  ]
}

/**
 * After a lost message or a crash the job may never know that its provider has canceled the task. A caller who asks until
 * it is sure gets to know it.
 */
function faultsOfConfirmed({ plan, rows, bills, canceled }: Case): string[] {
  const isSure = plan.cancel?.way === 'until_sure'
  const confirmed = bills.filter(({ canceledAt }) => canceledAt !== undefined)
  const rowOf = (taskId: string) => rows.tasks.find(({ provider_task_id }) => provider_task_id === taskId)
  const isClosed = rows.tasks.every((task) => isShown(task) || task.status === 'rejected')
  const costUsd = canceled?.cost?.amount_usd
  return [
    ...confirmed.flatMap(({ taskId, billedUsd }) => [
      ...(billedUsd === 0 ? [] : [`${taskId} was canceled, and ${billedUsd} USD billed`]),
      ...(isSure && !isShown(rowOf(taskId)) ? [`does not show that ${taskId} was canceled`] : []),
    ]),
    ...(isClosed && canceled?.cancellation?.may_still_be_billed ? ['says that it may still be billed'] : []),
    ...(isClosed && costUsd !== 0 ? [`shows a cost of ${costUsd} USD`] : []),
  ]
}

/** The row of a task that its provider canceled. */
function isShown(task: Row | undefined): boolean {
  return task?.status === 'failed' && codeOf(task) === 'canceled'
}

function eventIn({ body }: Case['received'][number]) {
  return canceledEvent.parse(JSON.parse(body)).data
}

const canceledEvent = z.object({
  data: z.object({
    cancellation: z.object({ may_still_be_billed: z.boolean() }).nullable(),
    tasks: z.array(z.object({ status: z.string() })),
  }),
})
