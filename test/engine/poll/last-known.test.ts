/** The fault of a job that ends at its deadline: what was last known of its task, and since when. */

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { sellerNames } from '../../../src/core/request/choices.ts'
import { advance } from '../../../src/engine/advance.ts'
import { passTimeUntil, postJob, untilStatus, untilSubmitted } from '../../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../../support/runtime.ts'
import { world } from '../../support/world.ts'

const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
const deadline_seconds = 300

async function finalFaultOf(provider: string, directive: string) {
  const { id } = await postJob({ provider, deadline_seconds, prompt: `A paper boat sim(${directive})` })
  await untilSubmitted(id)
  const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
  return job.fault
}

describe.each(sellerNames)('at the deadline a task at %s', (provider) => {
  it.each([
    ['webhook=lost, poll=500', 'could not be polled since'],
    ['webhook=lost, poll=422', 'could not be polled since'],
    ['webhook=lost, poll=empty', 'could not be polled since'],
  ])('whose status is never shown (%s) %s', async (directive, words) => {
    const fault = await finalFaultOf(provider, directive)
    expect(fault).toMatchObject({ code: 'deadline_exceeded' })
    expect(fault?.message).toMatch(new RegExp(`^${provider} ${words} ${time}: .+\\.$`))
  })

  it('that is still running was still rendering', async () => {
    const fault = await finalFaultOf(provider, 'seconds=7200')
    expect(fault?.message).toMatch(
      new RegExp(
        `^${provider} did not finish before the deadline: it was still rendering( \\(progress \\d+ %\\))? when last polled at ${time}\\.$`,
      ),
    )
  })

  it('with an unknown status has that status quoted', async () => {
    const fault = await finalFaultOf(provider, 'webhook=lost, poll=odd')
    expect(fault?.message).toMatch(/in a status that Reelhook does not know \(reticulating\)/i)
  })
})

it.each(sellerNames)('a task at %s whose video has no URL had finished at the deadline', async (provider) => {
  const fault = await finalFaultOf(provider, 'webhook=lost, link=none')
  expect(fault).toMatchObject({ code: 'deadline_exceeded' })
  expect(fault?.message).toMatch(
    new RegExp(`^${provider} had finished at ${time}, but its video could not be fetched: .+\\.$`),
  )
  expect(fault?.remedy).toContain('Look in the account')
})

it('a Scenario task whose asset is missing had finished', async () => {
  const fault = await finalFaultOf('scenario', 'link=missing')
  expect(fault?.message).toMatch(
    new RegExp(
      `^scenario had finished at ${time}, but its video could not be fetched: Scenario returned 404`,
    ),
  )
})

it('a task whose provider lost its API key could not be polled', async () => {
  const { id } = await postWithoutWakeUp({
    deadline_seconds,
    prompt: 'A paper boat sim(webhook=lost, seconds=7200)',
  })
  await advance(aContext(), id)
  const keyless = { ...env, RUNWARE_API_KEY: undefined } as unknown as Partial<Env>
  for (const seconds of [60, 300, 360]) {
    await world.advance(seconds * 1_000)
    await advance(aContext({}, keyless), id)
  }
  const { fault } = await untilStatus(id, 'failed')
  expect(fault?.message).toMatch(
    new RegExp(`^runware could not be polled since ${time}: The API key of runware was removed\\.$`),
  )
})
