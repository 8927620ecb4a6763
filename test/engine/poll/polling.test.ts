/** Providers without webhooks: they are polled at their own pace, and input media are uploaded to Scenario first. */
import { describe, expect, it } from 'vitest'
import {
  passTimeUntil,
  postJob,
  timelineOf,
  untilJob,
  untilNotified,
  untilStatus,
} from '../../support/reelhook.ts'
import { simulatorUrl, world } from '../../support/world.ts'

const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])

/** These tasks carry no callback URL, so the prompt identifies the job. */
function billsOf(prompt: string) {
  return world.simulator.tasks().filter(({ request }) => JSON.stringify(request).includes(prompt))
}

describe.each(['scenario', 'aimlapi'])('%s', (provider) => {
  it('is polled until the video is made, and the caller is notified', async () => {
    const prompt = `A paper boat for ${provider}`
    const { id } = await postJob({ provider, prompt })
    const job = await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(job.tasks[0]).toMatchObject({
      completed_via: 'poll',
      status: 'succeeded',
      cost: expect.anything(),
    })
    expect(billsOf(prompt)).toHaveLength(1)
    expect(await untilNotified(id)).toHaveLength(1)
    expect(await timelineOf(id)).toEqual([
      'job.accepted',
      'task.submitted',
      'task.succeeded',
      'output.stored',
      'job.succeeded',
    ])
  })

  it.each(['500-after', 'lost-after'])(
    'does not bill twice when the response to a submission is lost (%s)',
    async (submit) => {
      const prompt = `A lost boat ${provider} ${submit}`
      const { id } = await postJob({ provider, prompt: `${prompt} sim(submit=${submit})` })
      const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
      expect(job.status).toBe('succeeded')
      expect(billsOf(prompt)).toHaveLength(1)
    },
  )

  it.each([
    ['moderated', 'moderated'],
    ['provider', 'generation_failed'],
  ])('fails the job when the task fails (%s): %s', async (fail, code) => {
    const { id } = await postJob({ provider, prompt: `A bad boat ${provider} sim(fail=${fail})` })
    const job = await passTimeUntil(id, ({ status }) => status === 'failed')
    expect(job.fault?.code).toBe(code)
    await untilNotified(id)
  })

  it('is polled for a fresh URL when the first has expired', async () => {
    const { id } = await postJob({ provider, prompt: `A late boat ${provider} sim(link=expired)` })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
  })
})

describe('input media for Scenario', () => {
  it('are uploaded once each, one in a step, and named in order', async () => {
    const urls = ['https://media.test/one.png', 'https://media.test/two.png']
    for (const url of urls) world.respondNext(url, () => aPicture())
    const { id } = await postJob({
      provider: 'scenario',
      prompt: '{{image:1}} meets {{image:2}}',
      reference_images: urls,
    })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    const [bill] = billsOf('@image1 meets @image2')
    expect(bill?.request).toMatchObject({ referenceImages: [expect.any(String), expect.any(String)] })
  })

  it('may be embedded in the request', async () => {
    const first_frame = `data:image/png;base64,${btoa(String.fromCharCode(...png))}`
    const { id } = await postJob({ provider: 'scenario', prompt: 'An embedded boat', first_frame })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
  })

  it('that cannot be fetched fail the job, name the field, and nothing is bought', async () => {
    const { id } = await postJob({
      provider: 'scenario',
      prompt: 'A boat without a picture',
      reference_images: ['https://nobody.test/gone.png'],
    })
    const job = await passTimeUntil(id, ({ status }) => status === 'failed')
    expect(job.fault?.message).toContain('reference_images.0')
    expect(billsOf('A boat without a picture')).toHaveLength(0)
  })

  it('whose upload is refused before they are read fail the job without a hang', async () => {
    const url = 'https://media.test/large.png'
    world.respondNext(url, () => aPicture(3_000_000))
    world.respondNext(`${simulatorUrl}/scenario/v1/uploads`, () => new Response('{}', { status: 401 }))
    const { id } = await postJob({ provider: 'scenario', prompt: 'A refused boat', reference_images: [url] })
    const job = await untilStatus(id, 'failed')
    expect(job.fault).toMatchObject({ code: 'auth' })
  })

  it('are not uploaded again after a temporary refusal of the next one', async () => {
    const [first, second] = ['https://media.test/first.png', 'https://media.test/second.png']
    world.respondNext(first, () => aPicture())
    world.respondNext(second, () => new Response('busy', { status: 503 }))
    const { id } = await postJob({
      provider: 'scenario',
      prompt: 'Two boats',
      reference_images: [first, second],
    })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'deferred')
    world.respondNext(second, () => aPicture())
    const job = await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(job.tasks).toHaveLength(1)
  })
})

function aPicture(bytes = png.length): Response {
  const picture = new Uint8Array(bytes)
  picture.set(png)
  return new Response(picture, { headers: { 'content-type': 'image/png', 'content-length': String(bytes) } })
}
