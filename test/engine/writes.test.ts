/** D1 fails when a step has to write something that money was paid for. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { advance } from '../../src/engine/advance.ts'
import { billsFor, getJob, passTimeUntil, timelineOf, untilTold } from '../support/reelhook.ts'
import { aContext, postUnnudged } from '../support/runtime.ts'
import { world } from '../support/world.ts'

/** A D1 that fails the next batches once `url` has been called: before it has written, or after. */
function failingAfter(url: string, times: number, when: 'before' | 'after') {
  let left = 0
  const fetch = async (request: Request): Promise<Response> => {
    const response = await world.edges.fetch(request)
    if (request.url.includes(url)) left = times
    return response
  }
  const DB = new Proxy(env.DB, {
    get(database, name) {
      if (name !== 'batch') return Reflect.get(database, name, database).bind(database)
      return async (statements: D1PreparedStatement[]) => {
        const isFailing = left-- > 0
        if (isFailing && when === 'before') throw new Error('D1_ERROR: Network connection lost.')
        const results = await database.batch(statements)
        if (isFailing) throw new Error('D1_ERROR: Network connection lost.')
        return results
      }
    },
  })
  return { fetch, DB }
}

describe.each(['before', 'after'] as const)('when D1 fails %s writing', (when) => {
  it('the task that Crun accepted: the write is retried', async () => {
    const { id } = await postUnnudged({ provider: 'crun', prompt: 'A paper boat sim(webhook=lost)' })
    const { fetch, DB } = failingAfter('/CreateTask', 2, when)
    await advance(aContext({ fetch }, { DB }), id)
    expect(await getJob(id)).toMatchObject({ status: 'generating', tasks: [{ status: 'submitted' }] })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(billsFor(id)).toHaveLength(1)
  })

  it('the first of several tasks: the others are still submitted, once each', async () => {
    const { id } = await postUnnudged({ provider: 'crun', count: 3 })
    const { fetch, DB } = failingAfter('/CreateTask', 1, when)
    await advance(aContext({ fetch }, { DB }), id)
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(billsFor(id)).toHaveLength(3)
    const timeline = await timelineOf(id)
    expect(timeline.filter((type) => type === 'task.submitted')).toHaveLength(3)
    expect(timeline).not.toContain('task.unknown')
    await untilTold(id)
  })
})

it('a job continues with the next step after a long D1 outage', async () => {
  const { id } = await postUnnudged({ prompt: 'A paper boat sim(webhook=lost)' })
  const { fetch, DB } = failingAfter('/runware/v1', 100, 'before')
  await expect(advance(aContext({ fetch }, { DB }), id)).rejects.toThrow()
  await passTimeUntil(id, ({ status }) => status === 'succeeded')
  expect(billsFor(id)).toHaveLength(1)
})
