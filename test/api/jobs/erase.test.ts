import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { notifyOnce, untilDelivery } from '../../support/deliveries.ts'
import { canceled, erase, retried } from '../../support/job-calls.ts'
import { expectProblem } from '../../support/problem.ts'
import { doorOf, ringAt, untilHeard } from '../../support/provider-webhooks.ts'
import { api, getJob, postJob, untilTold } from '../../support/reelhook.ts'
import { leftOf, nothing } from '../../support/remains.ts'
import { fetchWith } from '../../support/runtime.ts'
import { objectKeys } from '../../support/storage.ts'
import { failVideo, makeVideo } from '../../support/videos.ts'
import { publicBaseUrl } from '../../support/world.ts'

async function aNotifiedVideo(): Promise<string> {
  const { id } = await makeVideo()
  await untilDelivery(id, ({ status }) => status === 'delivered')
  return id
}

describe('an erased job', () => {
  it('leaves nothing: no row in any table, no video', async () => {
    const [id, other] = [await aNotifiedVideo(), await aNotifiedVideo()]
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

  it('is not found any more, nor its video, nor by a second DELETE', async () => {
    const id = await aNotifiedVideo()
    const { outputs } = await getJob(id)
    const link = new URL(outputs[0]?.url ?? '')
    await erase(id)
    for (const path of [`/v1/jobs/${id}`, `/v1/jobs/${id}/events`, `/v1/jobs/${id}/outputs/0`]) {
      await expectProblem(await api(path), 404, 'not_found')
    }
    await expectProblem(await api(`${link.pathname}${link.search}`), 404, 'not_found')
    await expectProblem(await erase(id), 404, 'not_found')
  })

  it('hears no webhook any more', async () => {
    const id = await aNotifiedVideo()
    const path = await doorOf(id)
    await erase(id)
    expect((await ringAt(path, '{"late":true}')).status).toBe(200)
    expect((await untilHeard(id, 2)).at(-1)).toBe('unknown_job')
    expect(await leftOf(id)).toEqual(nothing)
  })

  it('is still named by its retry', async () => {
    const { id } = await failVideo()
    await untilTold(id)
    const { id: other } = await retried(id)
    expect((await erase(id, '?force=true')).status).toBe(204)
    expect(await getJob(other)).toMatchObject({ retry_of: id })
  })
})

describe('a DELETE', () => {
  it('that the database refuses changes nothing, and a second one does', async () => {
    const id = await aNotifiedVideo()
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

  it('takes along what a copy that died had left in R2', async () => {
    const { id } = await postJob()
    await canceled(id)
    await untilDelivery(id, ({ status }) => status === 'delivered')
    await env.BUCKET.put(`jobs/${id}/0.mp4`, 'left behind')
    expect((await erase(id)).status).toBe(204)
    expect(await leftOf(id)).toEqual(nothing)
  })
})

describe('a DELETE is refused', () => {
  it('while the job has not ended', async () => {
    const { id } = await postJob()
    const { detail } = await expectProblem(await erase(id), 409, 'not_settled')
    expect(detail).toContain('Cancel it first')
    await expectProblem(await erase(id, '?force=true'), 409, 'not_settled')
    expect((await getJob(id)).settled_at).toBeNull()
  })

  it('while an endpoint has not been told, though nobody is nudged for what stands in a line', async () => {
    const id = await aNotifiedVideo()
    const inLine = `INSERT INTO deliveries (id, job_id, endpoint_id, event_id, event_type, url, host, body, status, reason, attempts, created_at)
      SELECT 'dlv_in_line', job_id, 'ep_one', event_id, event_type, url, host, body, 'pending', 'waiting_for_host', 0, created_at FROM deliveries WHERE job_id = ?`
    await env.DB.prepare(inLine).bind(id).run()
    await expectProblem(await erase(id), 409, 'undelivered')
    expect((await erase(id, '?force=true')).status).toBe(204)
    expect(await leftOf(id)).toEqual(nothing)
  })

  it('while its caller has not been told, unless it is forced', async () => {
    const { job_id: id } = await notifyOnce(() => new Response('no', { status: 500 }))
    const { detail } = await expectProblem(await erase(id), 409, 'undelivered')
    expect(detail).toContain('?force=true')
    expect(await leftOf(id)).toMatchObject({ jobs: 1, deliveries: 1 })
    expect((await erase(id, '?force=true')).status).toBe(204)
    expect(await leftOf(id)).toEqual(nothing)
  })

  it('no longer when its caller wants to hear no more', async () => {
    const { job_id: id } = await notifyOnce(() => new Response('no more', { status: 410 }))
    expect((await erase(id)).status).toBe(204)
    expect(await leftOf(id)).toEqual(nothing)
  })

  it.each(['job_00000000000000000000000000', 'nonsense'])('of %s, which is no job', async (id) => {
    await expectProblem(await erase(id), 404, 'not_found')
  })

  it('with a force that is neither true nor false', async () => {
    const { id } = await postJob()
    await expectProblem(await erase(id, '?force=yes'), 422, 'invalid_request')
  })
})
