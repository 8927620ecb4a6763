/** Inputs that cannot be handed to the provider: each kind has a fault code, and nothing is bought. */
import { describe, expect, it } from 'vitest'
import { passTimeUntil, postJob } from '../../support/reelhook.ts'
import { world } from '../../support/world.ts'

describe('an input', () => {
  it.each([
    [401, 'input_expired'],
    [403, 'input_expired'],
    [404, 'input_expired'],
    [410, 'input_expired'],
    [500, 'input_unavailable'],
  ])('that its host answers with %i fails the job with %s, and nothing is bought', async (status, code) => {
    world.settle('https://inputs.test', () => new Response('no', { status }))
    const prompt = `An input that answers ${status}`
    const reference_images = ['https://inputs.test/one.png']
    const { id } = await postJob({ provider: 'scenario', prompt, reference_images })
    const { fault } = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(fault).toMatchObject({ code, message: expect.stringContaining('reference_images.0') })
    expect(fault?.remedy).not.toBe('Post the job again.')
    expect(world.simulator.tasks().filter(({ request }) => JSON.stringify(request).includes(prompt))).toEqual(
      [],
    )
  })

  it.each([
    [
      'a page',
      () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
      'input_wrong_type',
    ],
    ['nothing', () => new Response(null, { headers: { 'content-type': 'image/png' } }), 'input_truncated'],
  ])('that is %s fails the job with its own code', async (_, answer, code) => {
    world.settle('https://inputs.test', answer)
    const reference_images = ['https://inputs.test/two.png']
    const { id } = await postJob({ provider: 'scenario', prompt: 'An odd input', reference_images })
    const { fault } = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(fault?.code).toBe(code)
  })
})
