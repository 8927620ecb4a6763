/** What a job says that ends at its deadline: what was last known of its task, and since when. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { advance } from '../../../src/engine/advance.ts'
import { passTimeUntil, postJob, untilStatus, untilSubmitted } from '../../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../../support/runtime.ts'
import { world } from '../../support/world.ts'

const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
const deadline_seconds = 300

async function lastWordsOf(provider: string, directive: string) {
  const { id } = await postJob({ provider, deadline_seconds, prompt: `A paper boat sim(${directive})` })
  await untilSubmitted(id)
  const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
  return job.fault
}

describe.each(['runware', 'crun', 'scenario', 'aimlapi'])('at the deadline a task at %s', (provider) => {
  it.each([
    ['webhook=lost, poll=500', 'could not be asked since'],
    ['webhook=lost, poll=422', 'could not be asked since'],
    ['webhook=lost, poll=empty', 'could not be asked since'],
  ])('that was never told of (%s) %s', async (directive, words) => {
    const fault = await lastWordsOf(provider, directive)
    expect(fault).toMatchObject({ code: 'deadline_exceeded' })
    expect(fault?.message).toMatch(new RegExp(`^${provider} ${words} ${time}: .+\\.$`))
  })

  it('that was made without a URL had finished', async () => {
    const fault = await lastWordsOf(provider, 'webhook=lost, link=none')
    expect(fault).toMatchObject({ code: 'deadline_exceeded' })
    expect(fault?.message).toMatch(
      new RegExp(`^${provider} had finished at ${time}, but its video could not be fetched: .+\\.$`),
    )
    expect(fault?.remedy).toContain('look in the account')
  })

  it('that goes on was still rendering', async () => {
    const fault = await lastWordsOf(provider, 'seconds=7200')
    expect(fault?.message).toMatch(
      new RegExp(
        `^${provider} did not finish before the deadline: it was still rendering( \\(progress \\d+ %\\))? when last asked at ${time}\\.$`,
      ),
    )
  })

  it('that says an unknown word is quoted', async () => {
    const fault = await lastWordsOf(provider, 'webhook=lost, poll=odd')
    expect(fault?.message).toContain('in a status that Reelhook does not know (reticulating)')
  })
})

it('an asset of Scenario that cannot be found had been finished', async () => {
  const fault = await lastWordsOf('scenario', 'link=missing')
  expect(fault?.message).toMatch(
    new RegExp(
      `^scenario had finished at ${time}, but its video could not be fetched: Scenario answered 404`,
    ),
  )
})

it('a provider whose key was removed could not be asked', async () => {
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
    new RegExp(`^runware could not be asked since ${time}: The key of runware was taken away\\.$`),
  )
})
