/** The work of providers: each generation with its polls, and their webhooks. No I/O. No clock. */
import { isCanceled } from '../../core/job/cancellation.ts'
import { type Known, notCanceledMessage } from './history.ts'
import { mark, type Row, type Segment, type Tone, wait, work } from './row.ts'
import { shownAnswer } from './shown-answer.ts'

type Task = Known['job']['tasks'][number]

export function providerRows(known: Known): Row[] {
  const tasks = known.job.tasks.flatMap((task, n) => generationRow(known, task, n))
  return [...tasks, ...webhookRows(known)]
}

function generationRow(known: Known, task: Task, n: number): Row[] {
  if (task.submitted_at === null) return []
  const { settledAt, endOrNow } = known
  const from = Date.parse(task.submitted_at)
  const to = task.ended_at === null ? endOrNow : Date.parse(task.ended_at)
  const isLate = settledAt !== null && to > settledAt
  const { outcome, tone } = endOf(task)
  const bar = { ...work(from, isLate ? settledAt : to, `${task.provider} had the task`), tone }
  const polls = known.answers.filter(
    (answer) => answer.kind === 'status' && answer.provider_task_id === task.provider_task_id,
  )
  const late: Segment[] = isLate
    ? [wait(settledAt, to, 'after the end of the job'), { ...mark(to, outcome), tone }]
    : []
  return [
    {
      id: `timeline-task-${n}`,
      label: `Generation at ${task.provider}`,
      outcome: isLate && !isCanceled(task) ? `late: ${outcome}` : outcome,
      tone,
      segments: [
        { ...bar, isOpen: task.ended_at === null },
        ...late,
        ...polls.map(({ received_at }) => mark(Date.parse(received_at), 'poll')),
      ],
      facts: {
        task_id: task.provider_task_id,
        cost: task.cost,
        message: notCanceledMessage(known.events, task.provider_task_id) ?? task.fault?.message,
      },
      answers: polls.map(shownAnswer),
    },
  ]
}

function endOf(task: Task): { outcome: string; tone: Tone } {
  const { status, ended_at, completed_via, fault } = task
  const learned = completed_via === null ? '' : ` (${ways[completed_via]})`
  if (status === 'succeeded') return { outcome: `succeeded${learned}`, tone: 'good' }
  if (isCanceled(task)) return { outcome: 'canceled at the provider', tone: 'quiet' }
  if (status === 'failed') return { outcome: `failed: ${fault?.code ?? 'unknown'}${learned}`, tone: 'bad' }
  return ended_at === null
    ? { outcome: 'running', tone: 'active' }
    : { outcome: 'abandoned: the job was canceled', tone: 'quiet' }
}

const ways = { webhook: 'learned by its webhook', poll: 'found by a poll', upload: 'learned by its upload' }

/** One row for each provider: a job may have dozens of webhooks. */
function webhookRows({ events, answers }: Known): Row[] {
  const received = events.filter(({ type }) => type === 'webhook.received')
  return [...new Set(received.map(({ data }) => String(data.provider)))].map((provider): Row => {
    const all = received.filter(({ data }) => data.provider === provider)
    return {
      id: `timeline-webhooks-${provider}`,
      label: `Webhooks of ${provider}`,
      outcome: `${all.length} received`,
      tone: 'good',
      segments: all.map(({ created_at }) => mark(Date.parse(created_at), 'webhook')),
      answers: answers
        .filter((answer) => answer.kind === 'webhook' && answer.provider === provider)
        .map(shownAnswer),
    }
  })
}
