/** Forged webhooks under a leaked callback URL: what they can make of a job, whose provider answers or does not. */
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

/** A job whose provider has made a video before: where its videos lie is known. */
async function aJob(provider: 'runware' | 'crun', directives: string) {
  await makeVideo({ provider })
  const { id } = await postJob({ provider, prompt: `A paper boat sim(${directives})` })
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

/** The provider answers so to the next questions about the job's task, and well from then on. */
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

/** Everything that the job stored is what its provider made. */
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
    'is nothing where the provider cannot be asked for five minutes, and then is well: %s',
    async (url) => {
      const { id, door } = await aJob(provider, 'webhook=lost, poll=500*4')
      await forge(provider, id, door, url)
      await world.advance(10_000)
      await untilJournaled(id, 1)
      await expectTrue(id)
    },
  )

  it('from a strange host is nothing, however long the provider cannot be asked', async () => {
    world.serve('https://liar.test', () => anAnswer(aVideo(5_000)))
    const { id, door } = await aJob(provider, 'webhook=lost, poll=500')
    await forge(provider, id, door, strangeHost)
    const job = await passTimeUntil(id, settled)
    expect(job).toMatchObject({ status: 'failed', outputs: [] })
  })

  it('whose host is known, and leads to a strange one, is nothing', async () => {
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

  it('beside the true one is a contradiction: neither is believed', async () => {
    const { id, door } = await aJob(provider, 'poll=500')
    await forge(provider, id, door, knownHost)
    await finish(id)
    await untilJournaled(id, 2)
    expect(await passTimeUntil(id, settled)).toMatchObject({ status: 'failed', outputs: [] })
  })

  it('that says the job has failed does not end it', async () => {
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

describe('a true webhook whose provider cannot be asked until the deadline', () => {
  it('stands in though another webhook names its video without an id', async () => {
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
    'stands in, marked in the job, the event and the timeline: %s',
    async (provider) => {
      const { id } = await aJob(provider, 'poll=500')
      await finish(id)
      await untilJournaled(id, 1)
      const job = await passTimeUntil(id, settled)
      expect(job).toMatchObject({ status: 'succeeded', outputs: [{ unconfirmed: true }] })
      expect(Date.parse(job.settled_at ?? '')).toBeGreaterThanOrEqual(Date.parse(job.deadline_at))
      const [told] = await untilNotified(id)
      expect(JSON.parse(told?.body ?? '{}')).toMatchObject({ data: { outputs: [{ unconfirmed: true }] } })
      const { data } = await (await api(`/v1/jobs/${id}/events`)).json<{
        data: { type: string; data: object }[]
      }>()
      expect(data.find(({ type }) => type === 'output.stored')?.data).toMatchObject({ unconfirmed: true })
      expect(billsFor(id)).toHaveLength(1)
    },
  )
})

it.each(['runware', 'crun'] as const)(
  'a stand-in is not given up because one question about it is answered with a failure: %s',
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

it('a stand-in is given up where its provider goes on saying that it failed', async () => {
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

it('an ordinary job is confirmed', async () => {
  const id = await aJobWithoutWebhooks()
  await finish(id)
  await expectTrue(id)
  expect((await getJob(id)).outputs).toMatchObject([{ unconfirmed: false }])
})
