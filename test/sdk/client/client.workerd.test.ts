/** The client in the runtime of Workers. */
import { expect, it } from 'vitest'
import { verifyWebhook } from '../../../src/sdk/client/index.ts'
import { createSha256 } from '../../../src/sdk/client/sha256.ts'
import { json, lost, playing, stream } from './server.ts'

const file = new TextEncoder().encode('a video')

it('hashes with the stream of the runtime', async () => {
  expect('DigestStream' in crypto).toBe(true)
  const hash = createSha256()
  for (const part of [file.slice(0, 3), file.slice(3)]) await hash.update(part)
  expect(await hash.digest()).toBe(await digestOf(file))
})

it('creates, watches and downloads', async () => {
  const url = 'https://reelhook.test/v1/jobs/job_1/outputs/0/job_1-0.mp4?expires=1&signature=x'
  const output = { n: 0, url, bytes: file.length, sha256: await digestOf(file) }
  const job = { id: 'job_1', status: 'succeeded', settled_at: '2026-11-29T00:00:00.000Z', outputs: [output] }
  const { reelhook, requests } = playing([
    lost,
    json({ ...job, settled_at: null }, 202),
    stream('event: job.succeeded\nid: evt_1\ndata: {}\n\n'),
    json(job),
    () => new Response(file),
  ])
  const { id } = await reelhook.create({ model: 'seedance-2.0-mini', prompt: 'A boat' })
  for await (const seen of reelhook.watch(id)) expect(seen).toEqual(job)
  expect(await (await reelhook.download(output)).text()).toBe('a video')
  expect(requests[1]?.headers.get('idempotency-key')).toBe(requests[0]?.headers.get('idempotency-key'))
})

it('fails in the body of a damaged file', async () => {
  const url = 'https://reelhook.test/v1/jobs/job_1/outputs/0'
  const { reelhook } = playing([() => new Response(file)])
  const response = await reelhook.download({
    n: 0,
    url: `${url}/job_1-0.mp4`,
    bytes: file.length,
    sha256: '0'.repeat(64),
  })
  await expect(response.text()).rejects.toThrow('SHA-256')
})

it('verifies a webhook', async () => {
  const secret = `whsec_${btoa('a secret of thirty-two characters')}`
  const headers = new Headers({
    'webhook-id': 'evt_1',
    'webhook-timestamp': '1',
    'webhook-signature': 'v1,AAAA',
  })
  await expect(verifyWebhook({ body: '{}', headers, secret, now: () => 1_000 })).rejects.toMatchObject({
    code: 'invalid_signature',
  })
})

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
