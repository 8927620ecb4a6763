/** The OpenAI Videos dialect: a video that is deleted, or erased by its retention, and the file that came with it. */
import { describe, expect, it } from 'vitest'
import { bearerHeader, createApiKey } from '../../support/api-keys.ts'
import { anAsset } from '../../support/assets.ts'
import { retried } from '../../support/job-calls.ts'
import { api, getJob, postJob, untilStatus } from '../../support/reelhook.ts'
import { passDays, untilDelivered } from '../../support/retention.ts'
import { objectKeys } from '../../support/storage.ts'
import { finish } from '../../support/videos.ts'
import { aPicture, aVideo, errorIn, postVideo, videoIn, videosPath } from '../../support/videos-dialect.ts'

describe('a deleted video', () => {
  it('is erased with the file that came with it', async () => {
    const { id } = await aVideo({ input_reference: aPicture() })
    const asset = (await getJob(id)).request.first_frame
    const response = await api(`${videosPath}/${id}`, { method: 'DELETE' })
    expect(await response.json()).toEqual({ id, object: 'video.deleted', deleted: true })
    expect((await api(`/v1/jobs/${id}`)).status).toBe(404)
    expect((await api(`/v1/assets/${asset}`)).status).toBe(404)
    await errorIn(await api(`${videosPath}/${id}`, { method: 'DELETE' }), 404)
  })

  it('is deleted by a key that cannot read it', async () => {
    const { id } = await aVideo()
    const headers = bearerHeader(await createApiKey('a writer', { scopes: ['jobs:write'] }))
    expect((await api(`${videosPath}/${id}`, { method: 'DELETE', headers })).status).toBe(200)
  })

  it('is erased with that file too when its retention ends', async () => {
    const before = (await objectKeys('assets/')).length
    const { id } = await aVideo({ input_reference: aPicture(), retention_days: '1' })
    const asset = (await getJob(id)).request.first_frame
    await untilDelivered(id)
    await passDays(1.1)
    expect((await api(`/v1/assets/${asset}`)).status).toBe(404)
    expect((await api(`/v1/jobs/${id}`)).status).toBe(404)
    expect((await objectKeys('assets/')).length).toBe(before)
  })

  it('leaves its file to its retry', async () => {
    const { id } = await videoIn(
      await postVideo({ prompt: 'sim(fail=moderated)', input_reference: aPicture() }),
    )
    await finish(id)
    await untilStatus(id, 'failed')
    const retry = await retried(id)
    expect((await api(`${videosPath}/${id}`, { method: 'DELETE' })).status).toBe(200)
    const { first_frame } = (await getJob(retry.id)).request
    expect((await api(`/v1/assets/${first_frame}`)).status).toBe(200)
  })

  it('leaves an asset that its caller uploaded before', async () => {
    const asset = await anAsset()
    const { id } = await aVideo({ 'input_reference[file_id]': asset.id })
    await api(`${videosPath}/${id}`, { method: 'DELETE' })
    expect((await api(`/v1/assets/${asset.id}`)).status).toBe(200)
  })

  it.each(['my great file', 'sora-2 - file'])(
    'leaves the asset of a job of /v1 with the metadata %j',
    async (openai) => {
      const { id: first_frame } = await anAsset()
      const { id } = await postJob({ first_frame, metadata: { openai } })
      await finish(id)
      await untilStatus(id, 'succeeded')
      expect((await api(`/v1/jobs/${id}?force=true`, { method: 'DELETE' })).status).toBe(204)
      expect((await api(`/v1/assets/${first_frame}`)).status).toBe(200)
    },
  )

  it('that is gone when its client repeats the request is deleted', async () => {
    const { id } = await aVideo()
    const remove = (count: string) =>
      api(`${videosPath}/${id}`, { method: 'DELETE', headers: { 'x-stainless-retry-count': count } })
    expect([(await remove('0')).status, (await remove('1')).status]).toEqual([200, 200])
  })

  it('must have ended, and no client repeats that', async () => {
    const { id } = await videoIn(await postVideo({ prompt: 'A paper boat sim(seconds=3600)' }))
    const response = await api(`${videosPath}/${id}`, { method: 'DELETE' })
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect((await errorIn(response, 409)).code).toBe('not_settled')
  })
})
