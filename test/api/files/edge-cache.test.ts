/**
 * The cache in front of the Worker: what it may store, under which tag, and when it is purged. The local runtime has no
 * such cache, so its purge call is simulated.
 */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { anAsset } from '../../support/assets.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, untilNotified } from '../../support/reelhook.ts'
import { fetchWith, sweepWith } from '../../support/runtime.ts'
import { countRows, objectKeys } from '../../support/storage.ts'
import { makeVideo } from '../../support/videos.ts'
import { publicBaseUrl } from '../../support/world.ts'

async function aDeliveredVideo(): Promise<string> {
  const { id } = await makeVideo()
  await untilNotified(id)
  return id
}

/** Deletes with a cache in front of the Worker. Returns its purges, with the rows and objects at that time. */
async function deleteBehindCache(path: string, success = true) {
  const purges: { tags: string[] | undefined; jobs: number; objects: number }[] = []
  const id = path.split(/[/?]/)[3] ?? ''
  const purge = async ({ tags }: CachePurgeOptions) => {
    const objects = [...(await objectKeys(`jobs/${id}/`)), ...(await objectKeys(`assets/${id}`))]
    purges.push({ tags, jobs: await countRows('jobs', 'id = ?', id), objects: objects.length })
    return { success, errors: [] }
  }
  const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}` }
  const request = new Request(`${publicBaseUrl}${path}`, { method: 'DELETE', headers })
  return { response: await fetchWith({}, request, { purge }), purges }
}

describe('the cache in front of the Worker', () => {
  it('may store a response to a signed link, tagged with the id of the job', async () => {
    const { outputs } = await makeVideo()
    const { pathname, search } = new URL(outputs[0]?.url ?? '')
    const { headers } = await api(`${pathname}${search}`, { headers: { authorization: '' } })
    expect(headers.get('cache-control')).toMatch(/^public,/)
    expect(headers.get('cache-tag')).toBe(pathname.split('/')[3])
  })

  it('may store no response to an API key', async () => {
    const { id } = await makeVideo()
    const asset = await anAsset()
    const paths = [`/v1/jobs/${id}/outputs/0`, `/v1/assets/${asset.id}/content`]
    for (const path of paths) expect((await api(path)).headers.get('cache-control')).toMatch(/^private,/)
    for (const path of [`/v1/jobs/${id}`, '/v1/jobs', '/v1/models', '/v1/stats', '/none']) {
      expect((await api(path)).headers.get('cache-control'), path).toBe('no-store')
    }
  })
})

describe('a purge of the cache', () => {
  it('happens for an erased job, after its videos are deleted and before its row is', async () => {
    const id = await aDeliveredVideo()
    const { response, purges } = await deleteBehindCache(`/v1/jobs/${id}?force=true`)
    expect(response.status).toBe(204)
    expect(purges).toEqual([{ tags: [id], jobs: 1, objects: 0 }])
  })

  it('happens for a deleted asset', async () => {
    const { id } = await anAsset()
    const { response, purges } = await deleteBehindCache(`/v1/assets/${id}`)
    expect(response.status).toBe(204)
    expect(purges).toEqual([{ tags: [id], jobs: 0, objects: 0 }])
  })

  it('is repeated by the sweep if it fails', async () => {
    const id = await aDeliveredVideo()
    const { response } = await deleteBehindCache(`/v1/jobs/${id}?force=true`, false)
    expect(response.status).toBe(204)
    await expectProblem(await api(`/v1/jobs/${id}`), 404, 'not_found')
    expect(await countRows('jobs', 'id = ?', id)).toBe(1)
    const purged: unknown[] = []
    const purge = async ({ tags }: CachePurgeOptions) => {
      purged.push(tags)
      return { success: true, errors: [] }
    }
    await sweepWith({ purge })
    expect(purged).toEqual([[id]])
    expect(await countRows('jobs', 'id = ?', id)).toBe(0)
  })
})
