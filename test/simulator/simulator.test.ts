/** The built-in provider: a whole job over the public URL of the Worker, without money. */
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { allowedHosts } from '../../src/engine/poll/unconfirmed.ts'
import { callToken } from '../../src/providers/simulator/token.ts'
import { idOf, taskNamed } from '../../src/simulator/task.ts'
import { expectProblem } from '../support/problem.ts'
import { api, aRequest, passTimeUntil, postJob, untilJob, untilNotified } from '../support/reelhook.ts'
import { aContext } from '../support/runtime.ts'
import { bytesOf, sha256Of } from '../support/videos.ts'
import { publicBaseUrl, world } from '../support/world.ts'

const { signingSecret } = aContext().config

/** The wait before the webhook passes at once. */
function hurry() {
  world.waitWith((ms) => world.advance(ms))
}

async function aSimulatedJob(overrides: Record<string, unknown> = {}) {
  hurry()
  const { id } = await postJob({ provider: 'simulator', ...overrides })
  return untilJob(id, ({ settled_at }) => settled_at !== null)
}

describe('a job at the simulator', () => {
  it('ends by webhook with real files, costs nothing, and notifies its caller', async () => {
    const job = await aSimulatedJob({
      model: 'seedance-2.0',
      count: 2,
      resolution: '4k',
      duration: 'auto',
      aspect_ratio: '9:16',
    })
    expect(job).toMatchObject({
      status: 'succeeded',
      cost: { amount_usd: 0, source: 'provider' },
      tasks: [{ provider: 'simulator', completed_via: 'webhook' }],
      outputs: [1, 2].map(() => ({ content_type: 'video/mp4', video_codec: 'avc' })),
    })
    expect(await untilNotified(job.id)).toHaveLength(1)
    for (const { url, sha256 } of job.outputs) {
      const file = await api(String(url).replace(publicBaseUrl, ''))
      expect(await sha256Of(await bytesOf(file.body))).toBe(sha256)
    }
  })

  it('is polled if its webhook is lost', async () => {
    world.waitWith(() => Promise.reject(new Error('evicted')))
    const { id } = await postJob({ provider: 'simulator' })
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job).toMatchObject({ status: 'succeeded', tasks: [{ completed_via: 'poll' }] })
    expect(world.logs).toContainEqual({
      event: 'simulator.webhook_lost',
      fields: { error: 'Error: evicted' },
    })
  })

  it.each([
    ['failed', 'generation_failed'],
    ['moderation', 'moderated'],
  ])('fails with [simulate: %s] in its prompt: %s', async (word, code) => {
    const job = await aSimulatedJob({ prompt: `A paper boat [simulate: ${word}]` })
    expect(job).toMatchObject({ status: 'failed', fault: { code }, cost: { amount_usd: 0 } })
  })

  it('takes twenty seconds with [simulate: slow] in its prompt', async () => {
    const waits: number[] = []
    world.waitWith((ms) => {
      waits.push(ms)
      return world.advance(ms)
    })
    const { id } = await postJob({ provider: 'simulator', prompt: 'A paper boat [Simulate:slow]' })
    await untilJob(id, ({ status }) => status === 'succeeded')
    expect(waits).toContain(20_500)
  })

  it('ends although only some hosts may have videos', async () => {
    const { config } = aContext({}, { OUTPUT_HOSTS: 'runware.ai' })
    expect(allowedHosts(config, 'simulator')).toEqual(['runware.ai', 'reelhook.test'])
    expect(allowedHosts(config, 'runware')).toEqual(['runware.ai'])
  })
})

describe('the server of the simulator', () => {
  const call = async (path: string, init: RequestInit = {}, secret = signingSecret) => {
    const headers = { authorization: `Bearer ${await callToken(secret)}` }
    return api(`/simulator/${path}`, { headers, ...init })
  }
  const callback_url = `${publicBaseUrl}/webhooks/simulator/job_1/token`
  const newTask = (overrides: Record<string, unknown> = {}) => ({
    method: 'POST',
    body: JSON.stringify({ prompt: 'A boat', outputs: 1, callback_url, ...overrides }),
  })
  const foreign = ['a secret of another deployment of Reelhook'] as const
  const task = { startedAt: 0, outputs: 1, behavior: 'done' } as const

  it.each([
    ['the admin key', () => api('/simulator/tasks', newTask())],
    ['the token of another deployment', () => call('tasks', newTask(), [...foreign])],
    ['no token', () => call('tasks', { ...newTask(), headers: {} })],
  ])('makes no task for %s', async (_, send) => {
    expect((await send()).status).toBe(401)
  })

  it.each([
    ['another server', 'https://caller.test/hook'],
    ['another route', `${publicBaseUrl}/webhooks/crun/job_1/token`],
    ['a host that begins like its own', `${publicBaseUrl}.example.com/webhooks/simulator/job_1/token`],
  ])('posts no webhook to %s', async (_, url) => {
    expect((await call('tasks', newTask({ callback_url: url }))).status).toBe(400)
  })

  it.each([{ outputs: 0 }, { outputs: 5 }, { prompt: 7 }, { prompt: 'x'.repeat(200_000) }])(
    'makes no task of a malformed request: %j',
    async (overrides) => expect((await call('tasks', newTask(overrides))).status).toBe(400),
  )

  it('does not know the ids of other deployments, and reads no storage for them', async () => {
    const id = await idOf([...foreign], task)
    const own = await idOf(signingSecret, task)
    const forged = own.replace('-1-done-', '-4-done-')
    const read = vi.spyOn(env.DB, 'prepare')
    for (const wrong of [id, forged, 'sim-1', `${own}x`]) {
      expect((await call(`tasks/${wrong}`)).status, wrong).toBe(404)
      expect((await call(`videos/${wrong}/1.mp4`)).status, wrong).toBe(404)
    }
    expect((await call(`videos/${own}/2.mp4`)).status).toBe(404)
    expect(read).not.toHaveBeenCalled()
    expect((await call(`tasks/${own}`)).status).toBe(200)
    expect((await call(`videos/${own}/1.mp4`)).status).toBe(200)
  })

  it('shows how much of a task is done', async () => {
    const id = await idOf(signingSecret, { ...task, startedAt: world.edges.now() - 10_000, behavior: 'slow' })
    expect(await (await call(`tasks/${id}`)).json()).toMatchObject({ status: 'running', progress: 50 })
  })

  it('gives two tasks of the same moment different ids', async () => {
    const ids = [await idOf(signingSecret, task), await idOf(signingSecret, task)]
    expect(new Set(ids).size).toBe(2)
    expect(await taskNamed(signingSecret, String(ids[0]))).toEqual(task)
  })

  it.each(['', 'tasks/', 'videos', 'tasks/a/b', 'tasks/%73im-1'])('has nothing at "%s"', async (path) => {
    await expectProblem(await call(path, { method: 'DELETE' }), 404, 'not_found')
  })
})

it('a request is refused if it names the simulator beside a provider that bills', async () => {
  const request = aRequest({ provider: ['simulator', 'crun'] })
  const headers = { 'content-type': 'application/json' }
  const response = await api('/v1/jobs', { method: 'POST', headers, body: JSON.stringify(request) })
  const { errors } = await expectProblem(response, 422, 'invalid_request')
  expect(errors).toEqual([{ path: 'provider', message: 'must name simulator alone, or not at all' }])
})
