/** Assets that were deleted before a job needs them, and assets that reach their provider only after a retry. */

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { sellerNames } from '../../../src/core/request/choices.ts'
import { advance } from '../../../src/engine/advance.ts'
import { type AssetView, anAsset } from '../../support/assets.ts'
import { api, getJob, passTimeUntil, postJob, untilJob } from '../../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../../support/runtime.ts'
import { simulatorUrl, world } from '../../support/world.ts'

/** The requests that a provider received for the job with this prompt. */
function requestsOf(prompt: string) {
  const tasks = world.simulator.tasks().filter(({ request }) => JSON.stringify(request).includes(prompt))
  return tasks.map(({ request }) => request)
}

async function remove({ id }: AssetView): Promise<void> {
  await api(`/v1/assets/${id}`, { method: 'DELETE' })
}

describe('an asset that was deleted before it was submitted', () => {
  it.each(sellerNames)(
    'fails the job at %s with the name of the field, and nothing is bought',
    async (provider) => {
      const [kept, gone] = [await anAsset(), await anAsset()]
      const prompt = `A deleted boat at ${provider}`
      const { id } = await postWithoutWakeUp({ provider, prompt, reference_images: [kept.id, gone.id] })
      await remove(gone)
      await advance(aContext(), id)
      const job = await getJob(id)
      expect(job).toMatchObject({
        status: 'failed',
        fault: {
          code: 'asset_deleted',
          message: expect.stringContaining('reference_images.1'),
          retryable: false,
        },
        tasks: [{ status: 'rejected' }],
      })
      expect(requestsOf(prompt)).toEqual([])
    },
  )

  it('is named in the fault with all other deleted assets', async () => {
    const [first, last] = [await anAsset(), await anAsset()]
    const { id } = await postWithoutWakeUp({ first_frame: first.id, last_frame: last.id })
    await Promise.all([remove(first), remove(last)])
    await advance(aContext(), id)
    expect((await getJob(id)).fault?.message).toContain('first_frame, last_frame')
  })

  it('causes no failover to another provider', async () => {
    const gone = await anAsset()
    const { id } = await postWithoutWakeUp({ provider: ['runware', 'crun'], reference_images: [gone.id] })
    await remove(gone)
    await advance(aContext(), id)
    const job = await getJob(id)
    expect(job.tasks.map(({ provider }) => provider)).toEqual(['runware'])
    expect(job.fault?.code).toBe('asset_deleted')
  })

  it('ends a submission that was deferred', async () => {
    const asset = await anAsset()
    const prompt = 'A patient boat sim(submit=429*1)'
    const { id } = await postJob({ prompt, reference_images: [asset.id] })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'deferred')
    await remove(asset)
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job.fault?.code).toBe('asset_deleted')
  })

  it('does not fail a job whose provider already has it', async () => {
    const asset = await anAsset()
    const { id } = await postJob({
      provider: 'scenario',
      prompt: 'An early boat',
      reference_images: [asset.id],
    })
    await passTimeUntil(id, ({ status }) => status !== 'queued')
    await remove(asset)
    expect((await passTimeUntil(id, ({ settled_at }) => settled_at !== null)).status).toBe('succeeded')
  })
})

describe('an asset that is uploaded to Scenario', () => {
  it('is sent again when the upload to Scenario breaks off', async () => {
    const asset = await anAsset('image/png', 3_000_000)
    world.respondNext(`${simulatorUrl}/scenario/parts`, () => new Response('busy', { status: 503 }))
    const prompt = 'A stubborn boat'
    const { id } = await postJob({ provider: 'scenario', prompt, reference_images: [asset.id] })
    expect((await passTimeUntil(id, ({ settled_at }) => settled_at !== null)).status).toBe('succeeded')
    expect(requestsOf(prompt)).toHaveLength(1)
  })

  it('fails the job in the same way when only its object in R2 is missing', async () => {
    const asset = await anAsset()
    await env.BUCKET.delete(`assets/${asset.id}`)
    const { id } = await postJob({
      provider: 'scenario',
      prompt: 'An empty boat',
      reference_images: [asset.id],
    })
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job.fault).toMatchObject({
      code: 'asset_deleted',
      message: expect.stringContaining('reference_images.0'),
    })
  })
})
