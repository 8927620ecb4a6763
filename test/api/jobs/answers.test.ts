/** GET /v1/jobs/:id/answers: what the providers answered, for a person who looks for a cause. */

import { describe, expect, it, vi } from 'vitest'
import type { AnswerView } from '../../../src/api/jobs/answers.ts'
import { type SellerName, sellerNames } from '../../../src/core/request/choices.ts'
import { pruneEnded } from '../../../src/engine/upkeep/prune.ts'
import { bearerHeader } from '../../support/api-keys.ts'
import { interruptedJob } from '../../support/interruption-points.ts'
import { canceled, erase } from '../../support/job-calls.ts'
import { expectProblem } from '../../support/problem.ts'
import { aKeyOf } from '../../support/projects.ts'
import { aJobWithoutWebhooks, postWebhook } from '../../support/provider-webhooks.ts'
import {
  api,
  passTimeUntil,
  postJob,
  sweep,
  untilJob,
  untilJournaled,
  untilStatus,
  untilSubmitted,
} from '../../support/reelhook.ts'
import { aNotifiedVideo, days } from '../../support/retention.ts'
import { aContext } from '../../support/runtime.ts'
import { select } from '../../support/storage.ts'
import { finish } from '../../support/videos.ts'
import { simulatorUrl, world } from '../../support/world.ts'

const seconds = 1_000
// Estimates are at another path.
const crunSubmissions = `${simulatorUrl}/crun/api/v1/client/job/CreateTask`

async function answersOf(id: string): Promise<AnswerView[]> {
  const response = await api(`/v1/jobs/${id}/answers`)
  expect(response.status).toBe(200)
  return (await response.json<{ data: AnswerView[] }>()).data
}

function kindsOf(answers: AnswerView[]): [string, number | null][] {
  return answers.map(({ kind, http_status }) => [kind, http_status])
}

async function columnOf(id: string): Promise<string | null | undefined> {
  const [row] = await select<{ answers: string | null }>('SELECT answers FROM tasks WHERE job_id = ?', id)
  return row?.answers
}

describe('the answer to a submission', () => {
  it('is shown if it refused', async () => {
    world.respondNext(crunSubmissions, () =>
      Response.json({ code: 402, message: 'Insufficient credits, see https://crun.test/top-up?user=SECRET' }),
    )
    const { id } = await postJob({ provider: 'crun' })
    await untilStatus(id, 'failed')
    expect(await answersOf(id)).toEqual([
      {
        kind: 'submission',
        provider: 'crun',
        provider_task_id: null,
        received_at: expect.any(String),
        http_status: 200,
        body: '{"code":402,"message":"Insufficient credits, see https://crun.test/top-up"}',
        truncated: false,
      },
    ])
  })

  it('is shown if it left open whether the task was accepted', async () => {
    world.respondNext(crunSubmissions, () => new Response('<h1>Oops</h1>', { status: 500 }))
    const { id } = await postJob({ provider: 'crun' })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
    expect(await answersOf(id)).toMatchObject([
      { kind: 'submission', http_status: 500, body: '<h1>Oops</h1>' },
    ])
  })

  it('is not shown if there was none', async () => {
    const { id } = await postJob({ provider: 'crun', prompt: 'A paper boat sim(submit=lost-after)' })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
    expect(await answersOf(id)).toEqual([])
  })

  it('is that to the last one: none once the answer to a repeat was lost', async () => {
    world.respondNext(crunSubmissions, () => Response.json({ code: 429, message: 'busy' }))
    const { id } = await postJob({ provider: 'crun' })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'deferred')
    expect(await answersOf(id)).toMatchObject([{ body: '{"code":429,"message":"busy"}' }])
    world.respondNext(crunSubmissions, () => Promise.reject(new Error('reset')))
    await passTimeUntil(id, ({ tasks }) => tasks[0]?.status === 'unknown')
    expect(await answersOf(id)).toEqual([])
  })

  it('is kept even if the job is canceled before it comes', async () => {
    world.respondNext(`${simulatorUrl}/runware`, () => Response.json({ errors: [] }, { status: 429 }))
    const { id, resume } = await interruptedJob({ stage: 'queued', place: { commit: 3, when: 'before' } })
    await canceled(id)
    await resume()
    expect(kindsOf(await answersOf(id))).toEqual([['submission', 429]])
  })
})

/** How many webhooks a task has. BytePlus sends one at each change of its status. */
const webhooks: Partial<Record<SellerName, number>> = { runware: 1, crun: 1, byteplus: 3, fal: 1 }

describe('the answers of a job that succeeded', () => {
  it.each(sellerNames)('at %s are in their order', async (provider) => {
    const { id } = await postJob({ provider, prompt: 'A paper boat drifts' })
    const { tasks } = await passTimeUntil(id, ({ status }) => status === 'succeeded')
    const answers = await answersOf(id)
    expect(kindsOf(answers)).toEqual([
      ['submission', expect.any(Number)],
      ...Array(webhooks[provider] ?? 0).fill(['webhook', null]),
      ['status', 200],
    ])
    for (const answer of answers) {
      expect(answer).toMatchObject({ provider, provider_task_id: tasks[0]?.provider_task_id })
    }
    const text = JSON.stringify(answers)
    expect(text).not.toMatch(/\/webhooks\/\w+\/\w+\/[\w-]|signature=\w/)
    // Crun repeats the whole request.
    if (provider === 'crun') expect(text).toContain('A paper boat drifts')
  })

  it('are in no log', async () => {
    await aNotifiedVideo({ provider: 'crun', prompt: 'A boat of marked paper' })
    expect(JSON.stringify(world.logs)).not.toContain('A boat of marked paper')
  })
})

describe('the answer to a poll', () => {
  it('is shown if it reported a failure', async () => {
    const { id } = await postJob({ provider: 'crun', prompt: 'A paper boat sim(fail=moderated)' })
    await finish(id)
    await untilStatus(id, 'failed')
    const status = (await answersOf(id)).find(({ kind }) => kind === 'status')
    expect(status?.body).toContain('content policy')
  })

  it('that changes nothing is not kept, so it costs no row', async () => {
    const { id } = await postJob({ prompt: 'A paper boat sim(webhook=lost, seconds=600)' })
    await untilSubmitted(id)
    const before = await columnOf(id)
    await world.advance(250 * seconds)
    await sweep()
    const isPolled = () =>
      world.logs.some(({ event, fields }) => event === 'task.polled' && fields.job_id === id)
    await vi.waitUntil(isPolled, { timeout: 60_000, interval: 10 })
    expect(kindsOf(await answersOf(id))).toEqual([['submission', 200]])
    expect(await columnOf(id)).toBe(before)
  })
})

it('a webhook is shown as the answers are, even if it is forged, long or no JSON', async () => {
  const id = await aJobWithoutWebhooks()
  await postWebhook(
    id,
    JSON.stringify({ taskUUID: 'of-nobody', videoURL: 'https://v.test/1.mp4?sig=SECRET' }),
  )
  await world.advance(seconds)
  await postWebhook(id, '水'.repeat(1_000))
  await untilJournaled(id, 2)
  const webhooks = (await answersOf(id)).filter(({ kind }) => kind === 'webhook')
  expect(webhooks).toMatchObject([
    {
      http_status: null,
      provider_task_id: null,
      body: '{"taskUUID":"of-nobody","videoURL":"https://v.test/1.mp4"}',
      truncated: false,
    },
    { provider_task_id: null, body: '水'.repeat(682), truncated: true },
  ])
})

describe('the answers of a job', () => {
  it('are deleted when it is pruned', async () => {
    const id = await aNotifiedVideo()
    expect((await answersOf(id)).length).toBeGreaterThan(1)
    await world.advance(31 * days)
    const context = aContext()
    await pruneEnded(context, context.db)
    expect(await answersOf(id)).toEqual([])
    expect(await columnOf(id)).toBeNull()
  })

  it('are gone when it is erased', async () => {
    const id = await aNotifiedVideo()
    await erase(id)
    expect(await columnOf(id)).toBeUndefined()
    await expectProblem(await api(`/v1/jobs/${id}/answers`), 404, 'not_found')
  })

  it('are not there for a key of another project, nor is the job', async () => {
    const id = await aNotifiedVideo()
    const response = await api(`/v1/jobs/${id}/answers`, { headers: bearerHeader(await aKeyOf('film')) })
    await expectProblem(response, 404, 'not_found')
  })

  it('are left out one by one if the column is damaged', async () => {
    const id = await aNotifiedVideo()
    await select('UPDATE tasks SET answers = ? WHERE job_id = ?', '{"status":', id)
    expect(kindsOf(await answersOf(id))).toEqual([['webhook', null]])
  })
})
