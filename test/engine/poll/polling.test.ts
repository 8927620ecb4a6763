/** Providers that send no webhooks: they are asked at their own pace, and their media handed over first. */
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

/** Bills carry no callback URL here: each job is known by its prompt. */
function billsOf(prompt: string) {
  return world.simulator.tasks().filter(({ request }) => JSON.stringify(request).includes(prompt))
}

describe.each(['scenario', 'aimlapi'])('%s', (provider) => {
  it('is asked until the video is made, and the caller is told', async () => {
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

  it.each(['500-after', 'lost-after'])('is not billed twice when its answer is lost (%s)', async (submit) => {
    const prompt = `A lost boat ${provider} ${submit}`
    const { id } = await postJob({ provider, prompt: `${prompt} sim(submit=${submit})` })
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job.status).toBe('succeeded')
    expect(billsOf(prompt)).toHaveLength(1)
  })

  it.each([
    ['moderated', 'moderated'],
    ['provider', 'generation_failed'],
  ])('that fails (%s) fails the job with %s', async (fail, code) => {
    const { id } = await postJob({ provider, prompt: `A bad boat ${provider} sim(fail=${fail})` })
    const job = await passTimeUntil(id, ({ status }) => status === 'failed')
    expect(job.fault?.code).toBe(code)
    await untilNotified(id)
  })

  it('asks for a fresh link when the first has expired', async () => {
    const { id } = await postJob({ provider, prompt: `A late boat ${provider} sim(link=expired)` })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
  })
})

describe('Scenario takes media as its own assets', () => {
  it('uploads each once, a step each, and refers to them in order', async () => {
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

  it('takes an embedded image as well', async () => {
    const first_frame = `data:image/png;base64,${btoa(String.fromCharCode(...png))}`
    const { id } = await postJob({ provider: 'scenario', prompt: 'An embedded boat', first_frame })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
  })

  it('fails with the name of the field when a picture cannot be had, and nothing is bought', async () => {
    const { id } = await postJob({
      provider: 'scenario',
      prompt: 'A boat without a picture',
      reference_images: ['https://nobody.test/gone.png'],
    })
    const job = await passTimeUntil(id, ({ status }) => status === 'failed')
    expect(job.fault?.message).toContain('reference_images.0')
    expect(billsOf('A boat without a picture')).toHaveLength(0)
  })

  it('fails, and does not hang, when the upload is refused before the picture is read', async () => {
    const url = 'https://media.test/large.png'
    world.respondNext(url, () => aPicture(3_000_000))
    world.respondNext(`${simulatorUrl}/scenario/v1/uploads`, () => new Response('{}', { status: 401 }))
    const { id } = await postJob({ provider: 'scenario', prompt: 'A refused boat', reference_images: [url] })
    const job = await untilStatus(id, 'failed')
    expect(job.fault).toMatchObject({ code: 'auth' })
  })

  it('goes on with the second picture after a refusal for now, without the first again', async () => {
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
