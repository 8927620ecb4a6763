/**
 * The cache in front of the Worker: what may be kept there, under which tag, and that it is forgotten. The local runtime
 * has none, so its one call is pretended.
 */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { anAsset } from '../../support/assets.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, untilTold } from '../../support/reelhook.ts'
import { fetchWith, sweepWith } from '../../support/runtime.ts'
import { countRows, objectKeys } from '../../support/storage.ts'
import { makeVideo } from '../../support/videos.ts'
import { publicBaseUrl } from '../../support/world.ts'

async function aNotifiedVideo(): Promise<string> {
  const { id } = await makeVideo()
  await untilTold(id)
  return id
}

/** Deletes with a cache in front of the Worker, and tells what that was asked to forget, and what was there then. */
async function deleteBehindCache(path: string, success = true) {
  const asked: { tags: string[] | undefined; jobs: number; objects: number }[] = []
  const id = path.split(/[/?]/)[3] ?? ''
  const purge = async ({ tags }: CachePurgeOptions) => {
    const objects = [...(await objectKeys(`jobs/${id}/`)), ...(await objectKeys(`assets/${id}`))]
    asked.push({ tags, jobs: await countRows('jobs', 'id = ?', id), objects: objects.length })
    return { success, errors: [] }
  }
  const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}` }
  const request = new Request(`${publicBaseUrl}${path}`, { method: 'DELETE', headers })
  return { response: await fetchWith({}, request, { purge }), asked }
}

describe('what a cache in front of the Worker may keep', () => {
  it('is what a link opens, under the name of its job', async () => {
    const { outputs } = await makeVideo()
    const { pathname, search } = new URL(outputs[0]?.url ?? '')
    const { headers } = await api(`${pathname}${search}`, { headers: { authorization: '' } })
    expect(headers.get('cache-control')).toMatch(/^public,/)
    expect(headers.get('cache-tag')).toBe(pathname.split('/')[3])
  })

  it('is nothing that a key opens', async () => {
    const { id } = await makeVideo()
    const asset = await anAsset()
    const paths = [`/v1/jobs/${id}/outputs/0`, `/v1/assets/${asset.id}/content`]
    for (const path of paths) expect((await api(path)).headers.get('cache-control')).toMatch(/^private,/)
    for (const path of [`/v1/jobs/${id}`, '/v1/jobs', '/v1/models', '/v1/stats', '/none']) {
      expect((await api(path)).headers.get('cache-control'), path).toBe('no-store')
    }
  })
})

describe('a cache in front of the Worker', () => {
  it('forgets an erased job, when its videos are gone and before it is', async () => {
    const id = await aNotifiedVideo()
    const { response, asked } = await deleteBehindCache(`/v1/jobs/${id}?force=true`)
    expect(response.status).toBe(204)
    expect(asked).toEqual([{ tags: [id], jobs: 1, objects: 0 }])
  })

  it('forgets a deleted asset', async () => {
    const { id } = await anAsset()
    const { response, asked } = await deleteBehindCache(`/v1/assets/${id}`)
    expect(response.status).toBe(204)
    expect(asked).toEqual([{ tags: [id], jobs: 0, objects: 0 }])
  })

  it('that does not forget a job that is erased is asked again by the sweep', async () => {
    const id = await aNotifiedVideo()
    const { response } = await deleteBehindCache(`/v1/jobs/${id}?force=true`, false)
    expect(response.status).toBe(204)
    await expectProblem(await api(`/v1/jobs/${id}`), 404, 'not_found')
    expect(await countRows('jobs', 'id = ?', id)).toBe(1)
    const asked: unknown[] = []
    const purge = async ({ tags }: CachePurgeOptions) => {
      asked.push(tags)
      return { success: true, errors: [] }
    }
    await sweepWith({ purge })
    expect(asked).toEqual([[id]])
    expect(await countRows('jobs', 'id = ?', id)).toBe(0)
  })
})
