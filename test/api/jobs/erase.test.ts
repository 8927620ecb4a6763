import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { notifyOnce, untilDelivery } from '../../support/deliveries.ts'
import { canceled, erase, retried } from '../../support/job-calls.ts'
import { expectProblem } from '../../support/problem.ts'
import { callbackPathOf, postWebhookTo, untilWebhookResults } from '../../support/provider-webhooks.ts'
import { api, getJob, postJob, untilNotified } from '../../support/reelhook.ts'
import { leftOf, nothing } from '../../support/remains.ts'
import { fetchWith } from '../../support/runtime.ts'
import { objectKeys } from '../../support/storage.ts'
import { failVideo, makeVideo } from '../../support/videos.ts'
import { publicBaseUrl } from '../../support/world.ts'

async function aDeliveredVideo(): Promise<string> {
  const { id } = await makeVideo()
  await untilDelivery(id, ({ status }) => status === 'delivered')
  return id
}

describe('an erased job', () => {
  it('leaves no row in any table and no video', async () => {
    const [id, other] = [await aDeliveredVideo(), await aDeliveredVideo()]
    expect(await leftOf(id)).toMatchObject({
      jobs: 1,
      tasks: 1,
      outputs: 1,
      webhooks: 1,
      deliveries: 1,
      objects: 1,
    })
    const response = await erase(id)
    expect(response.status).toBe(204)
    expect(await response.text()).toBe('')
    expect(await leftOf(id)).toEqual(nothing)
    expect(await getJob(other)).toMatchObject({ status: 'succeeded' })
    expect(await objectKeys(`jobs/${other}/`)).toHaveLength(1)
  })

  it('is not found, and neither is its video; a second DELETE returns 404', async () => {
    const id = await aDeliveredVideo()
    const { outputs } = await getJob(id)
    const link = new URL(outputs[0]?.url ?? '')
    await erase(id)
    for (const path of [`/v1/jobs/${id}`, `/v1/jobs/${id}/events`, `/v1/jobs/${id}/outputs/0`]) {
      await expectProblem(await api(path), 404, 'not_found')
    }
    await expectProblem(await api(`${link.pathname}${link.search}`), 404, 'not_found')
    await expectProblem(await erase(id), 404, 'not_found')
  })

  it('ignores later webhooks', async () => {
    const id = await aDeliveredVideo()
    const path = await callbackPathOf(id)
    await erase(id)
    expect((await postWebhookTo(path, '{"late":true}')).status).toBe(200)
    expect((await untilWebhookResults(id, 2)).at(-1)).toBe('unknown_job')
    expect(await leftOf(id)).toEqual(nothing)
  })

  it('is still named in its retry', async () => {
    const { id } = await failVideo()
    await untilNotified(id)
    const { id: other } = await retried(id)
    expect((await erase(id, '?force=true')).status).toBe(204)
    expect(await getJob(other)).toMatchObject({ retry_of: id })
  })
})

describe('a DELETE of a job', () => {
  it('changes nothing if the database fails, and can be repeated', async () => {
    const id = await aDeliveredVideo()
    const DB = new Proxy(env.DB, {
      get(database, name) {
        const value = Reflect.get(database, name)
        if (name !== 'prepare') return typeof value === 'function' ? value.bind(database) : value
        return (sql: string) => {
          if (/^delete/i.test(sql)) throw new Error('D1 is down')
          return database.prepare(sql)
        }
      },
    })
    const request = new Request(`${publicBaseUrl}/v1/jobs/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${env.ADMIN_API_KEY}` },
    })
    await expectProblem(await fetchWith({ DB }, request), 500, 'internal')
    expect(await leftOf(id)).toMatchObject({ jobs: 1, outputs: 1, objects: 1 })
    expect((await api(`/v1/jobs/${id}/outputs/0`)).status).toBe(200)
    expect((await erase(id)).status).toBe(204)
    expect(await leftOf(id)).toEqual(nothing)
  })

  it('deletes an object that an interrupted copy left in R2', async () => {
    const { id } = await postJob()
    await canceled(id)
    await untilDelivery(id, ({ status }) => status === 'delivered')
    await env.BUCKET.put(`jobs/${id}/0.mp4`, 'left behind')
    expect((await erase(id)).status).toBe(204)
    expect(await leftOf(id)).toEqual(nothing)
  })
})

describe('a DELETE of a job is refused', () => {
  it('while the job has not ended', async () => {
    const { id } = await postJob()
    const { detail } = await expectProblem(await erase(id), 409, 'not_settled')
    expect(detail).toContain('Cancel it first')
    await expectProblem(await erase(id, '?force=true'), 409, 'not_settled')
    expect((await getJob(id)).settled_at).toBeNull()
  })

  it('while a delivery to an endpoint waits for its host', async () => {
    const id = await aDeliveredVideo()
    const waitingDelivery = `INSERT INTO deliveries (id, job_id, endpoint_id, event_id, event_type, url, host, body, status, reason, attempts, created_at)
      SELECT 'dlv_in_line', job_id, 'ep_one', event_id, event_type, url, host, body, 'pending', 'waiting_for_host', 0, created_at FROM deliveries WHERE job_id = ?`
    await env.DB.prepare(waitingDelivery).bind(id).run()
    await expectProblem(await erase(id), 409, 'undelivered')
    expect((await erase(id, '?force=true')).status).toBe(204)
    expect(await leftOf(id)).toEqual(nothing)
  })

  it('while a delivery to its caller is pending, unless it is forced', async () => {
    const { job_id: id } = await notifyOnce(() => new Response('no', { status: 500 }))
    const { detail } = await expectProblem(await erase(id), 409, 'undelivered')
    expect(detail).toContain('?force=true')
    expect(await leftOf(id)).toMatchObject({ jobs: 1, deliveries: 1 })
    expect((await erase(id, '?force=true')).status).toBe(204)
    expect(await leftOf(id)).toEqual(nothing)
  })

  it('but not after its caller answered 410', async () => {
    const { job_id: id } = await notifyOnce(() => new Response('no more', { status: 410 }))
    expect((await erase(id)).status).toBe(204)
    expect(await leftOf(id)).toEqual(nothing)
  })

  it.each(['job_00000000000000000000000000', 'nonsense'])('for the unknown job %s', async (id) => {
    await expectProblem(await erase(id), 404, 'not_found')
  })

  it('with a force that is neither true nor false', async () => {
    const { id } = await postJob()
    await expectProblem(await erase(id, '?force=yes'), 422, 'invalid_request')
  })
})
