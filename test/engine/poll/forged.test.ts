/** Forged webhooks under a leaked callback URL, while the provider can be polled and while it cannot. */
import { describe, expect, it } from 'vitest'
import { anAnswer, aVideo } from '../../media/a-copy.ts'
import { aJobWithoutWebhooks, callbackPathOf, postWebhookTo } from '../../support/provider-webhooks.ts'
import {
  api,
  billsFor,
  getJob,
  passTimeUntil,
  postJob,
  untilJournaled,
  untilNotified,
  untilSubmitted,
} from '../../support/reelhook.ts'
import { select } from '../../support/storage.ts'
import { bytesAtProvider, finish, makeVideo, sha256Of } from '../../support/videos.ts'
import { simulatorUrl, world } from '../../support/world.ts'

const settled = ({ settled_at }: { settled_at: string | null }) => settled_at !== null

/** A job whose provider has made a video before, so the hosts of its videos are known. */
async function aJob(provider: 'runware' | 'crun', directives: string) {
  await makeVideo({ provider })
  const { id } = await postJob({
    provider,
    prompt: `A paper boat sim(${directives})`,
    deadline_seconds: 900,
  })
  await untilSubmitted(id)
  return { id, door: await callbackPathOf(id, provider) }
}

async function forge(provider: string, id: string, door: string, url: string): Promise<void> {
  const taskId = billsFor(id)[0]?.taskId
  const lie =
    provider === 'runware'
      ? { taskUUID: taskId, status: 'success', videoUUID: 'lie', videoURL: url }
      : { task_id: taskId, status: 'success', result: { media_urls: [url] } }
  expect((await postWebhookTo(door, JSON.stringify(lie))).status).toBe(200)
}

/** The next status responses about the job's task are these, and good ones follow. */
function answerNextPolls(id: string, answers: 'failed'[]): 'failed'[] {
  const [task] = billsFor(id)
  expect(task).toBeDefined()
  if (task === undefined) return answers
  Object.defineProperty(task.directives, 'poll', {
    get: () => {
      const fault = answers.shift()
      return fault && { fault }
    },
  })
  return answers
}

/** Every stored output of the job is a video that its provider made. */
async function expectTrue(id: string): Promise<void> {
  const job = await passTimeUntil(id, settled)
  expect(job.status, JSON.stringify(job.fault)).toBe('succeeded')
  const made = await Promise.all((await bytesAtProvider(id)).map(sha256Of))
  expect(job.outputs.map(({ sha256 }) => sha256)).toEqual(made)
  expect(job.outputs.map(({ unconfirmed }) => unconfirmed)).toEqual([false])
}

const knownHost = `${simulatorUrl}/media/forged.mp4`
const strangeHost = 'https://liar.test/lie.mp4'

describe.each(['runware', 'crun'] as const)('a forged webhook of %s', (provider) => {
  it.each([knownHost, strangeHost])(
    'is ignored if the provider can be polled again after five minutes: %s',
    async (url) => {
      const { id, door } = await aJob(provider, 'webhook=lost, poll=500*4')
      await forge(provider, id, door, url)
      await world.advance(10_000)
      await untilJournaled(id, 1)
      await expectTrue(id)
    },
  )

  it('with a URL of an unknown host is never accepted, however long the provider cannot be polled', async () => {
    world.serve('https://liar.test', () => anAnswer(aVideo(5_000)))
    const { id, door } = await aJob(provider, 'webhook=lost, poll=500')
    await forge(provider, id, door, strangeHost)
    const job = await passTimeUntil(id, settled)
    expect(job).toMatchObject({ status: 'failed', outputs: [] })
  })

  it('with a URL of a known host that redirects to an unknown one is not accepted', async () => {
    world.serve('https://liar.test', () => anAnswer(aVideo(5_000)))
    const { id, door } = await aJob(provider, 'webhook=lost, poll=500')
    const elsewhere = () => new Response(null, { status: 302, headers: { location: strangeHost } })
    const url = `${simulatorUrl}/media/led-away-${provider}.mp4`
    world.respondNext(url, elsewhere)
    await forge(provider, id, door, url)
    const tried = () =>
      world.logs.flatMap(({ event, fields }) =>
        event === 'output.stored' && fields.job_id === id ? [fields.fault] : [],
      )
    await passTimeUntil(id, () => tried().length > 0)
    expect(tried()[0]).toBe('media_host_unlisted')
  })

  it('contradicts the true one: neither is accepted', async () => {
    const { id, door } = await aJob(provider, 'poll=500')
    await forge(provider, id, door, knownHost)
    await finish(id)
    await untilJournaled(id, 2)
    expect(await passTimeUntil(id, settled)).toMatchObject({ status: 'failed', outputs: [] })
  })

  it('that announces a failure does not end the job', async () => {
    const { id, door } = await aJob(provider, 'webhook=lost, poll=500*4')
    const taskId = billsFor(id)[0]?.taskId
    const lie =
      provider === 'runware'
        ? { taskUUID: taskId, status: 'error', code: 'forged', message: 'forged' }
        : { task_id: taskId, status: 'failed', result: { code: 500, message: 'forged' } }
    await postWebhookTo(door, JSON.stringify(lie))
    await expectTrue(id)
  })
})

describe('a true webhook whose provider cannot be polled until the deadline', () => {
  it('is accepted although another webhook names its video without an id', async () => {
    const { id, door } = await aJob('runware', 'poll=500')
    await finish(id)
    await untilJournaled(id, 1)
    const said = await select<{ body: string }>('SELECT body FROM webhooks WHERE job_id = ?', id)
    const nameless = said.map(({ body }) => body.replace(/"videoUUID":"[^"]*",?/, ''))
    expect(nameless).not.toEqual(said.map(({ body }) => body))
    await postWebhookTo(door, nameless[0] ?? '')
    await untilJournaled(id, 2)
    expect(await passTimeUntil(id, settled)).toMatchObject({ status: 'succeeded' })
  })

  it.each(['runware', 'crun'] as const)(
    'is accepted, and marked as unconfirmed in the job, the event and the timeline: %s',
    async (provider) => {
      const { id } = await aJob(provider, 'poll=500')
      await finish(id)
      await untilJournaled(id, 1)
      const job = await passTimeUntil(id, settled)
      expect(job).toMatchObject({ status: 'succeeded', outputs: [{ unconfirmed: true }] })
      expect(Date.parse(job.settled_at ?? '')).toBeGreaterThanOrEqual(Date.parse(job.deadline_at))
      const [notified] = await untilNotified(id)
      expect(JSON.parse(notified?.body ?? '{}')).toMatchObject({ data: { outputs: [{ unconfirmed: true }] } })
      const { data } = await (await api(`/v1/jobs/${id}/events`)).json<{
        data: { type: string; data: object }[]
      }>()
      expect(data.find(({ type }) => type === 'output.stored')?.data).toMatchObject({ unconfirmed: true })
      expect(billsFor(id)).toHaveLength(1)
    },
  )
})

it.each(['runware', 'crun'] as const)(
  'an unconfirmed output does not fail because of one status response that reports a failure: %s',
  async (provider) => {
    const { id } = await aJob(provider, 'poll=500, body=bad-gateway*3')
    await finish(id)
    await untilJournaled(id, 1)
    await passTimeUntil(id, ({ status }) => status === 'storing')
    const answers = answerNextPolls(id, ['failed'])
    await expectTrue(id)
    expect(answers).toEqual([])
  },
)

it('an unconfirmed output fails if its provider keeps reporting that the task failed', async () => {
  const { id } = await aJob('runware', 'poll=500, body=bad-gateway*3')
  await finish(id)
  await untilJournaled(id, 1)
  await passTimeUntil(id, ({ status }) => status === 'storing')
  answerNextPolls(id, Array(20).fill('failed'))
  expect(await passTimeUntil(id, settled)).toMatchObject({
    status: 'failed',
    outputs: [{ status: 'failed' }],
    fault: { code: 'generation_failed' },
  })
})

it('the output of an ordinary job is confirmed', async () => {
  const id = await aJobWithoutWebhooks()
  await finish(id)
  await expectTrue(id)
  expect((await getJob(id)).outputs).toMatchObject([{ unconfirmed: false }])
})
