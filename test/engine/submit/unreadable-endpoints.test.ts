/** The endpoints are read before the billable call: nothing that can fail is between the call and the commit of its response. */
import { expect, it } from 'vitest'
import { advanceQueued } from '../../../src/engine/advance.ts'
import { overloadedMessage } from '../../support/platform/database.ts'
import { billsFor, getJob } from '../../support/reelhook.ts'
import { aContext, deadQueue, postWithoutWakeUp } from '../../support/runtime.ts'
import { world } from '../../support/world.ts'

const withoutQueues = { JOBS: deadQueue, RESULTS: deadQueue, DELIVERIES: deadQueue }

it('buys nothing while the endpoints cannot be read, and one task afterwards', async () => {
  const { id } = await postWithoutWakeUp({ prompt: 'A paper boat sim(webhook=lost)' })
  const context = aContext({}, withoutQueues)
  const subscriptions = () => Promise.reject(new Error(overloadedMessage))
  await advanceQueued({ ...context, owners: { ...context.owners, subscriptions } }, id)
  expect(billsFor(id)).toEqual([])

  await world.advance(60_000)
  await advanceQueued(aContext({}, withoutQueues), id)
  expect(billsFor(id)).toHaveLength(1)
  expect(await getJob(id)).toMatchObject({ status: 'generating' })
})
