/** The cache in front of the Worker: what it may store, and under which tag. */
import { describe, expect, it } from 'vitest'
import { anAsset } from '../../support/assets.ts'
import { api } from '../../support/reelhook.ts'
import { makeVideo } from '../../support/videos.ts'

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
    const paths = [
      `/v1/jobs/${id}/outputs/0`,
      `/v1/jobs/${id}/outputs/0/${id}-0.mp4`,
      `/v1/assets/${asset.id}/content`,
      `/v1/assets/${asset.id}/content/${asset.id}.png`,
    ]
    for (const path of paths) expect((await api(path)).headers.get('cache-control')).toMatch(/^private,/)
    for (const path of [`/v1/jobs/${id}`, '/v1/jobs', '/v1/models', '/v1/stats', '/none']) {
      expect((await api(path)).headers.get('cache-control'), path).toBe('no-store')
    }
  })
})
