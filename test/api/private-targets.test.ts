import { afterEach, describe, expect, it } from 'vitest'
import { ask } from '../support/api-call.ts'
import { expectProblem, pathsOf } from '../support/problem.ts'
import { aRequest, post } from '../support/reelhook.ts'
import { countRows } from '../support/storage.ts'
import { world } from '../support/world.ts'

const refusedUrls = [
  'http://caller.test/hook',
  'https://localhost/hook',
  'https://LOCALHOST./hook',
  'https://api.localhost/hook',
  'https://printer.local/hook',
  'https://metadata.google.internal/hook',
  'https://intranet/hook',
  'https://kubernetes.default/hook',
  'https://svc.cluster.local/hook',
  'https://vault.service.consul/hook',
  'https://user:password@caller.test/hook',
  'https://user@caller.test/hook',
  'https://127.0.0.1/hook',
  'https://127.1/hook',
  'https://2130706433/hook',
  'https://0x7f000001/hook',
  'https://0177.0.0.1/hook',
  'https://10.1.2.3/hook',
  'https://172.16.0.1/hook',
  'https://192.168.1.1/hook',
  'https://169.254.169.254/latest/meta-data',
  'https://100.64.0.1/hook',
  'https://0.0.0.0/hook',
  'https://224.0.0.1/hook',
  'https://255.255.255.255/hook',
  'https://[::1]/hook',
  'https://[::]/hook',
  'https://[fe80::1]/hook',
  'https://[fd00::1]/hook',
  'https://[ff02::1]/hook',
  'https://[::ffff:127.0.0.1]/hook',
  'https://[::ffff:a00:1]/hook',
  'https://[64:ff9b::a00:1]/hook',
  'https://[2002:7f00:1::]/hook',
  'https://8.8.8.8/hook',
  'https://134744072/hook',
  'https://[2606:4700:4700::1111]/hook',
]

afterEach(async () => {
  expect(await countRows('jobs')).toBe(0)
  expect(world.simulator.log()).toEqual([])
})

describe('a URL without the name of a public https host is refused', () => {
  it.each(refusedUrls)('as a callback URL: %s', async (callback_url) => {
    const problem = await expectProblem(
      await post('/v1/jobs', aRequest({ callback_url })),
      422,
      'invalid_request',
    )
    expect(pathsOf(problem)).toEqual(['callback_url'])
  })

  it.each(refusedUrls)('as a media URL: %s', async (url) => {
    const request = aRequest({
      reference_images: ['https://media.test/boat.png', url],
      reference_videos: [url],
    })
    const problem = await expectProblem(await post('/v1/jobs', request), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual(['reference_images.1', 'reference_videos.0'])
  })

  it.each(['ftp://media.test/boat.png', 'file:///etc/passwd', 'javascript:alert(1)', 'asset'])(
    'as a media URL: %s',
    async (first_frame) => {
      const response = await post('/v1/jobs', aRequest({ first_frame }))
      expect(pathsOf(await expectProblem(response, 422, 'invalid_request'))).toEqual(['first_frame'])
    },
  )

  it('with an error that does not repeat its password', async () => {
    const callback_url = 'https://user:correct-horse@caller.test/hook'
    const response = await post('/v1/jobs', aRequest({ callback_url }))
    expect(await response.text()).not.toContain('correct-horse')
  })
})

it('ALLOW_PRIVATE_NETWORK allows a private callback URL, but not one with a password', async () => {
  const postLocally = async (callback_url: string) => {
    const headers = {
      'content-type': 'application/json',
      authorization: 'Bearer the-admin-key-of-the-tests',
    }
    const body = JSON.stringify(aRequest({ callback_url, seed: 7 }))
    return ask('/v1/jobs', { method: 'POST', headers, body }, { ALLOW_PRIVATE_NETWORK: 'true' })
  }
  // No provider accepts this seed, so the job is refused after its URL was accepted.
  await expectProblem(await postLocally('http://127.0.0.1:4000/hook'), 422, 'no_provider')
  await expectProblem(await postLocally('http://user:password@127.0.0.1/hook'), 422, 'invalid_request')
})
