/** Jobs in every unfinished state, and the laws that hold for them whatever code serves meanwhile. */
import { expect } from 'vitest'
import type { ShownJob, Stage } from './stage.ts'

/** `sim(…)` are directives for the simulated provider. `seconds` is how long the video takes. */
const requests = {
  holdsTheSlot: { provider: 'crun', prompt: 'sim(seconds=900)' },
  generating: { provider: 'runware', prompt: 'sim(seconds=900)' },
  withoutWebhook: { provider: 'runware', prompt: 'sim(seconds=900,webhook=lost)' },
  waitsForTheSlot: { provider: 'crun', prompt: 'sim(seconds=300)' },
  polled: { provider: 'scenario', prompt: 'sim(seconds=900)' },
  unknown: { provider: 'aimlapi', prompt: 'sim(submit=lost-after,log=late,seconds=900)' },
  halfMade: { provider: 'runware', prompt: 'sim(seconds=10,apart=900)', count: 2 },
  storing: { provider: 'runware', prompt: 'sim(seconds=20,body=bad-gateway*3)' },
  undelivered: { provider: 'runware', prompt: 'sim(seconds=10)' },
  late: {
    provider: 'scenario',
    prompt: 'sim(seconds=1200)',
    deadline_seconds: 60,
    callback_events: ['job.succeeded', 'job.failed', 'output.late'],
  },
}

/** What is stored when the code changes: the status of each job, of its task, and what else is open. */
const underWay: Record<keyof typeof requests, string> = {
  generating: 'generating, submitted',
  withoutWebhook: 'generating, submitted',
  holdsTheSlot: 'generating, submitted',
  waitsForTheSlot: 'queued, no task',
  polled: 'generating, submitted',
  unknown: 'queued, unknown',
  halfMade: 'generating, submitted',
  storing: 'storing, succeeded',
  undelivered: 'succeeded, succeeded, delivery failed 2 times',
  late: 'failed, failed, late check',
}

/** The jobs by their ids. */
export type Work = Record<string, keyof typeof requests>

/** Lets each job come as far as it can before the code changes. */
export async function beginWork(stage: Stage): Promise<Work> {
  const work = await postWork(stage)
  const isUnderWay = async () => {
    const states = await statesOf(stage)
    return Object.entries(work).every(([id, name]) => states.get(id) === underWay[name])
  }
  await stage.until('the work is under way', isUnderWay)
  return work
}

export async function postWork(stage: Stage): Promise<Work> {
  const work: Work = {}
  for (const [name, request] of entriesOf(requests)) {
    const callback = name === 'undelivered' ? { callback_url: `${stage.receiver.url}/refuses-twice` } : {}
    const { id } = await stage.post({ ...request, ...callback })
    work[id] = name
    // Only then is it certain which one holds the slot.
    if (name === 'holdsTheSlot') {
      await stage.until('the slot is taken', async () => (await statesOf(stage)).get(id) === underWay[name])
    }
  }
  return work
}

/** Lets all work end, and expects one end, one bill and one accepted notification of each job. */
export async function expectOneEndEach(stage: Stage, works: Work[]): Promise<void> {
  const work: Work = Object.assign({}, ...works)
  const ids = Object.keys(work)
  const isOver = async () => {
    const [open] = await stage.select(
      `SELECT (SELECT count(*) FROM jobs WHERE settled_at IS NULL)
         + (SELECT count(*) FROM deliveries WHERE status = 'pending') + (SELECT count(*) FROM late_checks) AS count`,
    )
    return open?.count === 0
  }
  await stage.until('all of the work is over', isOver)
  const jobs = await Promise.all(ids.map((id) => stage.job(id)))
  const ends = jobs.map((job) => [work[job.id], endOf(job)])
  const expected = Object.values(work).map((name) => [
    name,
    name === 'late' ? 'failed, stored late' : 'succeeded, stored',
  ])
  expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(expected))
  for (const { id, tasks } of jobs) {
    const bought = tasks.map(({ provider_task_id }) => provider_task_id)
    expect(stage.bills().filter(({ taskId }) => bought.includes(taskId))).toHaveLength(1)
    const accepted = stage.receiver.accepted.filter(({ jobId }) => jobId === id)
    expect(accepted.map(({ type }) => type).sort()).toEqual(
      work[id] === 'late' ? ['job.failed', 'output.late'] : ['job.succeeded'],
    )
  }
  const { receiver, log } = stage
  expect(stage.bills()).toHaveLength(ids.length)
  expect(receiver.forged).toEqual([])
  expect(new Set(receiver.accepted.map(({ webhookId }) => webhookId)).size).toBe(receiver.accepted.length)
  expect(log.filter((line) => /"event":"(message|step|cron|late_check)\.failed"/.test(line))).toEqual([])
}

function endOf({ status, outputs }: ShownJob): string {
  const [output] = outputs
  return `${status}, ${output?.status}${output?.late ? ' late' : ''}`
}

async function statesOf({ select }: Stage): Promise<Map<unknown, string>> {
  const rows = await select(
    `SELECT id, status, (SELECT status FROM tasks WHERE job_id = jobs.id) AS task,
       (SELECT attempts FROM deliveries WHERE job_id = jobs.id AND status = 'pending') AS attempts,
       (SELECT count(*) FROM late_checks WHERE job_id = jobs.id) AS late FROM jobs`,
  )
  const states = rows.map(({ id, status, task, attempts, late }): [unknown, string] => {
    const delivery = attempts === null ? '' : `, delivery failed ${attempts} times`
    return [id, `${status}, ${task ?? 'no task'}${delivery}${late === 0 ? '' : ', late check'}`]
  })
  return new Map(states)
}

function entriesOf(all: typeof requests) {
  return Object.entries(all) as [keyof typeof requests, Record<string, unknown>][]
}
