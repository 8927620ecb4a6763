/** The objects of jobs that a restored database has forgotten. */
import { expect, it } from 'vitest'
import { jobPrefix } from '../../../src/core/retention.ts'
import { olderCopy } from '../../support/older-copy.ts'
import { api, passTimeUntil, postJob, sweep } from '../../support/reelhook.ts'
import { objectKeys } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

const minutes = 60_000

it('are deleted a month after the restoration, and not before', async () => {
  await sweep()
  const restore = await olderCopy()
  const { id } = await postJob()
  await passTimeUntil(id, ({ status }) => status === 'succeeded')
  const [video = ''] = await objectKeys(jobPrefix(id))
  await world.advance(5 * minutes)
  await sweep()
  await restore()
  await sweep()
  expect((await api(`/v1/jobs/${id}`)).status).toBe(404)
  await passDays(25)
  expect(await objectKeys()).toEqual([video])
  await passDays(10)
  expect(await objectKeys()).toEqual([])
})

async function passDays(days: number): Promise<void> {
  for (let passed = 0; passed < days; passed += 5) {
    await world.advance(5 * 24 * 60 * minutes)
    for (let sweeps = 0; sweeps < 3; sweeps++) await sweep()
  }
}
