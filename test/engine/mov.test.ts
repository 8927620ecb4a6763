/** A job for a QuickTime file, from its request to its download. */
import { expect, it } from 'vitest'
import { api, billsFor, getJob, passTimeUntil, postJob, untilSubmitted } from '../support/reelhook.ts'
import { bytesAtProvider } from '../support/videos.ts'
import { simulatorUrl, world } from '../support/world.ts'

it('becomes one video with the type and the name of such a file', async () => {
  const fields = { provider: 'byteplus', model: 'seedance-2.5', output_format: 'mov', resolution: '720p' }
  const { id } = await postJob(fields)
  await untilSubmitted(id)
  const [bill] = billsFor(id)
  expect(bill?.request).toMatchObject({ output_format: 'mov' })
  const [picture = new Uint8Array()] = await bytesAtProvider(id)
  const bytes = Uint8Array.from(picture)
  bytes.set(new TextEncoder().encode('qt  '), 8)
  world.respondNext(
    `${simulatorUrl}/media/${bill?.outputs[0]?.outputId}`,
    () => new Response(bytes, { headers: { 'content-type': 'video/quicktime' } }),
  )
  await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
  const job = await getJob(id)
  expect(job).toMatchObject({
    status: 'succeeded',
    outputs: [{ status: 'stored', content_type: 'video/quicktime', bytes: bytes.length }],
  })
  const { pathname, search } = new URL(job.outputs[0]?.url ?? '')
  expect(pathname).toMatch(/-0\.mov$/)
  // The answer is compared with the API description, too.
  const download = await api(`${pathname}${search}`)
  expect(download.headers.get('content-type')).toBe('video/quicktime')
  expect(new Uint8Array(await download.arrayBuffer())).toEqual(bytes)
})
