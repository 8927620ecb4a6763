/** The formats of events at ends that are not usual: a job that is given up, a late video, and details that were pruned. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Context } from '../../src/context.ts'
import type { JobView } from '../../src/core/job/view-schema.ts'
import { advance } from '../../src/engine/advance.ts'
import { pruneEnded } from '../../src/engine/upkeep/prune.ts'
import { deliveriesOf } from '../support/deliveries.ts'
import { makeEndpoint } from '../support/endpoints.ts'
import { aHost, ok } from '../support/hosts.ts'
import { aJobOutOfTime, untilChecked } from '../support/late.ts'
import { expectProblem } from '../support/problem.ts'
import { api, getJob, post, untilNotified } from '../support/reelhook.ts'
import { aNotifiedVideo, days, untilDelivered } from '../support/retention.ts'
import { aContext, postWithoutWakeUp } from '../support/runtime.ts'
import { select } from '../support/storage.ts'
import { world } from '../support/world.ts'

const minutes = 60_000

beforeEach(() => select('DELETE FROM endpoints'))

describe('a job that is given up', () => {
  it.each(['its whole request', 'the parts of its request that its event needs'])(
    'keeps its format, made from %s',
    async (part) => {
      const { id } = await postWithoutWakeUp({ callback_format: 'openrouter', deadline_seconds: 60 })
      await world.advance(10 * minutes)
      const job = await untilGivenUp(id, throwing(part.startsWith('the') ? 1 : 0))
      expect(world.logs.some(isShortened(id))).toBe(part.startsWith('the'))
      expect(job).toMatchObject({ status: 'failed', fault: { code: 'internal_error' } })
      const [received] = await untilNotified(id)
      expect(JSON.parse(received?.body ?? '')).toMatchObject({
        type: 'video.generation.failed',
        data: { id, status: 'failed', error: job.fault?.message },
      })
    },
  )
})

const isShortened =
  (id: string) =>
  ({ event, fields }: (typeof world.logs)[number]) =>
    event === 'event.shortened' && fields.job_id === id

async function untilGivenUp(id: string, context: Context): Promise<JobView> {
  for (let steps = 0; steps < 20; steps += 1) {
    await advance(context, id)
    const job = await getJob(id)
    if (job.settled_at !== null) return job
    await world.advance(10 * minutes)
  }
  throw new Error('the job is never given up')
}

/** No provider can be used, and the receivers cannot be read the first `times`. */
function throwing(times: number): Context {
  const context = aContext()
  const fail = () => {
    throw new RangeError('Maximum call stack size exceeded')
  }
  let left = times
  const owners = new Proxy(context.owners, {
    get: (target, name) => (name === 'subscriptions' && left-- > 0 ? fail : Reflect.get(target, name)),
  })
  const providers = new Proxy(context.providers, { get: fail })
  return { ...context, owners, providers, providersWith: () => providers }
}

it('a late video is announced to receivers in the format of Reelhook only', async () => {
  const [own, other] = [aHost(), aHost()]
  for (const host of [own, other]) host.answer(ok)
  await makeEndpoint(own.url, { format: 'openai' })
  await makeEndpoint(other.url, { event_types: ['job.failed', 'output.late'] })
  const usual = ['job.succeeded', 'job.failed', 'job.canceled']
  const format = { callback_format: 'openrouter', callback_events: usual }
  const id = await aJobOutOfTime('runware', '', format)
  await world.advance(10 * minutes)
  await untilChecked(id)
  await untilDelivered(id)
  const sent = (await deliveriesOf(id)).map(({ event_type, format }) => `${event_type} ${format}`)
  expect(sent.toSorted()).toEqual([
    'job.failed openai',
    'job.failed openrouter',
    'job.failed reelhook',
    'output.late reelhook',
  ])
  const bodies = own.called.received.map(({ body }) => JSON.parse(body))
  expect(bodies.filter(({ data }) => data.id === id)).toMatchObject([{ type: 'video.failed' }])
})

it('pruning deletes the bodies of every format, and none is sent again', async () => {
  const hosts = [aHost(), aHost(), aHost()]
  for (const [n, host] of hosts.entries()) {
    host.answer(ok)
    await makeEndpoint(host.url, n === 0 ? { format: 'openai' } : {})
  }
  const id = await aNotifiedVideo({ callback_format: 'openrouter' })
  const bodyOf = async (deliveryId: string) =>
    (await (await api(`/v1/deliveries/${deliveryId}`)).json<{ body: string | null }>()).body
  const ids = (await deliveriesOf(id)).map((delivery) => delivery.id)
  expect(ids.length).toBeGreaterThanOrEqual(4)
  expect(await Promise.all(ids.map(bodyOf))).not.toContain(null)
  await world.advance(31 * days)
  const context = aContext()
  await pruneEnded(context, context.db)
  expect(new Set(await Promise.all(ids.map(bodyOf)))).toEqual(new Set([null]))
  for (const each of ids)
    await expectProblem(await post(`/v1/deliveries/${each}/redeliver`, undefined), 409, 'pruned')
})
