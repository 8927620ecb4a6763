/** A page of jobs fits into the memory of an isolate, however large the jobs are. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { api, aRequest, post } from '../../support/reelhook.ts'
import { postWithoutWakeUp } from '../../support/runtime.ts'

const mebibyte = 1024 * 1024

it('a page of large jobs is shorter, and its cursor leads to all of them', async () => {
  const ids: string[] = []
  for (let n = 0; n < 6; n += 1) ids.unshift((await postWithoutWakeUp()).id)
  await env.DB.prepare("UPDATE jobs SET due_at = NULL, request = json_set(request, '$.prompt', ?)")
    .bind('x'.repeat(mebibyte))
    .run()
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const response: Response = await api(`/v1/jobs?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`)
    const page: { data: { id: string }[]; next_cursor: string | null } = await response.json()
    expect(page.data.length).toBeLessThanOrEqual(2)
    seen.push(...page.data.map(({ id }) => id))
    cursor = page.next_cursor
  }
  expect(seen).toEqual(ids)
})

it('a media URL has at most 8 KiB; embedded media can be larger', async () => {
  const long = `https://media.test/${'x'.repeat(8 * 1024)}.png`
  const faulty = {
    first_frame: undefined,
    reference_images: [long],
    reference_videos: [long],
    reference_audios: [long],
  }
  const problem = await expectProblem(await post('/v1/jobs', aRequest(faulty)), 422, 'invalid_request')
  expect(pathsOf(problem)).toEqual(['reference_audios.0', 'reference_images.0', 'reference_videos.0'])
  const embedded = `data:image/png;base64,${'AAAA'.repeat(4_000)}`
  const response = await post('/v1/jobs', aRequest({ first_frame: embedded }))
  expect(await response.text()).not.toMatch(/bytes where it is a URL/)
})
