/** Searches for lost submissions at BytePlus, whose list may be read once a second. */
import { expect, it } from 'vitest'
import { advanceQueued } from '../../../src/engine/advance.ts'
import { recordingQueues } from '../../support/queues.ts'
import { getJob, postJob, untilStatus } from '../../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../../support/runtime.ts'
import { world } from '../../support/world.ts'

const seconds = 1_000
const deadlineSeconds = 1_800

async function postLost(): Promise<string> {
  const prompt = 'A paper boat sim(submit=reset-before)'
  const { id } = await postWithoutWakeUp({
    provider: 'byteplus',
    prompt,
    deadline_seconds: deadlineSeconds,
  })
  await advanceQueued(aContext({}, recordingQueues().bindings), id)
  return id
}

it('a search that is refused because of others comes to its turn', async () => {
  // Without an older task of ours in the list, these are searched for until their deadline.
  const others = await Promise.all([postLost(), postLost(), postLost()])
  await world.advance(1 * seconds)
  await untilStatus((await postJob({ provider: 'byteplus' })).id, 'generating')
  await world.advance(1 * seconds)
  const id = await postLost()
  let drawn = 0
  // Its own wake-ups would come in real time.
  const context = aContext({ chance: () => (drawn++ % 5) / 5 }, recordingQueues().bindings)
  const isProven = async () => (await getJob(id)).tasks[0]?.status !== 'unknown'
  for (let passed = 0; passed < deadlineSeconds / 2 && !(await isProven()); passed += 5) {
    await world.advance(5 * seconds)
    for (const one of [...others, id]) await advanceQueued(context, one)
  }
  expect((await getJob(id)).tasks).toMatchObject([{ status: 'deferred', fault: { code: 'unavailable' } }])
})
