/** A URL is normalized once: stored, shown and called in the same form. */
import { describe, expect, it } from 'vitest'
import { changeEndpoint, makeEndpoint, showEndpoint } from '../../support/endpoints.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { aRequest, billsFor, getJob, post, postJob, untilSubmitted } from '../../support/reelhook.ts'
import { world } from '../../support/world.ts'

const original = 'HTTPS://Bücher.test:443/größe.png?q=水'
const normalized = 'https://xn--bcher-kva.test/gr%C3%B6%C3%9Fe.png?q=%E6%B0%B4'

describe('a URL', () => {
  it.each(['runware', 'crun', 'aimlapi'])('reaches %s in its stored form', async (provider) => {
    const { id, request } = await postJob({ provider, reference_images: [original], callback_url: original })
    expect([request.reference_images, request.callback_url]).toEqual([[normalized], normalized])
    await untilSubmitted(id)
    expect((await getJob(id)).request.reference_images).toEqual([normalized])
    const sent = JSON.stringify(world.simulator.tasks().at(-1)?.request)
    expect(sent).toContain(normalized)
    expect(sent).not.toContain('größe')
    expect(billsFor(id).length).toBeLessThan(2)
  })

  it('in an option of a provider is checked and normalized like other media', async () => {
    const withOption = (option: Record<string, string>) =>
      aRequest({ provider: 'aimlapi', provider_options: { aimlapi: option } })
    for (const option of ['video_url', 'audio_url']) {
      for (const url of [
        'https://10.0.0.1/a.mp4',
        'https://a.example/a b',
        'https:/a.example/',
        ' https://a.example',
      ]) {
        const refused = await expectProblem(
          await post('/v1/jobs', withOption({ [option]: url })),
          422,
          'invalid_request',
        )
        expect(pathsOf(refused)).toEqual([`provider_options.aimlapi.${option}`])
      }
    }
    const { id } = await postJob(withOption({ video_url: original }))
    await untilSubmitted(id)
    expect(JSON.stringify(world.simulator.tasks().at(-1)?.request)).toContain(normalized)
  })

  it('of an endpoint is shown in its normalized form', async () => {
    const endpoint = await makeEndpoint(original)
    expect(endpoint.url).toBe(normalized)
    await changeEndpoint(endpoint, { url: 'https://Hooks.example.com' })
    expect((await showEndpoint(endpoint)).url).toBe('https://hooks.example.com/')
  })

  it.each(['https:/hooks.example.com/', 'https:\\\\hooks.example.com\\', 'https://hooks.example.com/a\tb'])(
    'that programs could read differently is refused: %j',
    async (url) => {
      for (const [route, body] of [
        ['/v1/endpoints', { url }],
        ['/v1/callbacks/test', { url, secret: `whsec_${btoa('x'.repeat(32))}` }],
      ] as const) {
        expect(pathsOf(await expectProblem(await post(route, body), 422, 'invalid_request'))).toEqual(['url'])
      }
      const job = await expectProblem(
        await post('/v1/jobs', aRequest({ callback_url: url })),
        422,
        'invalid_request',
      )
      expect(pathsOf(job)).toEqual(['callback_url'])
    },
  )
})
