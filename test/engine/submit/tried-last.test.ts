/** A provider that refuses submissions repeatedly is tried last for a while, unless the caller has named it. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { StatsView } from '../../../src/api/system/stats-view.ts'
import { minRefusedJobs, triedLastMs } from '../../../src/core/choice/refusals.ts'
import { sellerNames } from '../../../src/core/request/choices.ts'
import { rememberedMs } from '../../../src/store/choice/known.ts'
import { visitorWith } from '../../support/pages.ts'
import { api, eventOf, postJob, timelineOf, untilJob, untilSubmitted } from '../../support/reelhook.ts'
import { countRows, writeElsewhere } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

const aBoat = 'A paper boat'
const outOfCredit = 'A paper boat sim(at=runware, submit=402)'

/** By an isolate that has forgotten what it knew. */
async function postLater(overrides: Record<string, unknown>) {
  await world.advance(rememberedMs)
  return postJob({ prompt: aBoat, ...overrides })
}

/** Jobs that Runware refuses, one after the other, and that continue at Crun. */
async function refuse(times = minRefusedJobs, prompt = outOfCredit): Promise<string> {
  for (let n = 1; n < times; n += 1) {
    const { id } = await postJob({ provider: ['runware', 'crun'], prompt })
    await untilSubmitted(id)
  }
  const { id } = await postJob({ provider: ['runware', 'crun'], prompt })
  await untilSubmitted(id)
  return id
}

beforeEach(() => writeElsewhere("DELETE FROM reconciliations WHERE name LIKE 'refusals %'"))

describe('a provider that refuses submissions', () => {
  it.each(['auto', 'fastest'])('is tried last for %s, and the job says why', async (provider) => {
    await refuse()
    const { id, provider: first } = await postLater({ provider })
    expect(first).toBe('crun')
    expect(await eventOf(id, 'job.accepted')).toMatchObject({
      providers: [...sellerNames.filter((name) => name !== 'runware'), 'runware'],
      choice: { by: provider, tried_last: [{ provider: 'runware', fault: 'out_of_credit' }] },
    })
  })

  it('is tried last for cheapest, whatever its price', async () => {
    const wanted = { provider: 'cheapest', resolution: '1080p', model: 'seedance-2.0' }
    expect(await postLater(wanted)).toMatchObject({ provider: 'aimlapi' })
    for (let n = 0; n < minRefusedJobs; n += 1) {
      const prompt = 'A paper boat sim(at=aimlapi, submit=402)'
      await untilSubmitted((await postJob({ provider: ['aimlapi', 'crun'], prompt })).id)
    }
    const { id, provider } = await postLater(wanted)
    expect(provider).not.toBe('aimlapi')
    expect(await eventOf(id, 'job.accepted')).toMatchObject({
      choice: { by: 'cheapest', tried_last: [{ provider: 'aimlapi' }] },
    })
  })

  it('keeps the place that the caller gives it', async () => {
    await refuse()
    const { id, provider } = await postLater({ provider: ['runware', 'crun'] })
    expect(provider).toBe('runware')
    expect((await eventOf(id, 'job.accepted'))?.choice).toEqual({ by: 'named' })
  })

  it('keeps its place while fewer jobs were refused', async () => {
    await refuse(minRefusedJobs - 1)
    expect(await postLater({ provider: 'auto' })).toMatchObject({ provider: 'runware' })
  })

  it('has its place again after a while, and loses it with the next refusal', async () => {
    await refuse()
    await world.advance(triedLastMs)
    const { id, provider } = await postLater({ provider: 'auto', prompt: outOfCredit })
    expect(provider).toBe('runware')
    await untilSubmitted(id)
    expect(await postLater({ provider: 'auto' })).toMatchObject({ provider: 'crun' })
  })

  it('has its place again after one success', async () => {
    await refuse()
    await untilSubmitted((await postJob({ provider: 'runware', prompt: aBoat })).id)
    expect(await postLater({ provider: 'auto' })).toMatchObject({ provider: 'runware' })
  })
})

it.each([
  ['a lost response', 'lost-after', 'unknown'],
  ['a rate limit', '429', 'deferred'],
])('%s is no reason to try a provider last', async (_, fault, status) => {
  for (let n = 0; n < minRefusedJobs; n += 1) {
    const { id } = await postJob({ provider: 'runware', prompt: `A paper boat sim(submit=${fault})` })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === status)
  }
  expect(await countRows('reconciliations', "name LIKE 'refusals %'")).toBe(0)
  expect(await postLater({ provider: 'auto' })).toMatchObject({ provider: 'runware' })
})

it('the statistics and the overview say which provider is tried last, since when and why', async () => {
  await refuse()
  const { now } = await (await api('/v1/stats')).json<StatsView>()
  const at = world.edges.now()
  expect(now.tried_last).toEqual([
    {
      provider: 'runware',
      model: null,
      since: expect.any(String),
      until: expect.any(String),
      fault: 'out_of_credit',
      remedy: 'Top up the account at the provider.',
    },
  ])
  const [trouble] = now.tried_last
  expect(Date.parse(trouble?.since ?? '')).toBeLessThanOrEqual(at)
  expect(Date.parse(trouble?.until ?? '')).toBeGreaterThan(at)
  const { html } = await (await visitorWith(env.ADMIN_API_KEY)).get('/')
  expect(html).toContain('runware is tried last: out_of_credit')
})

it('a job that is refused says where it continues, and why', async () => {
  const id = await refuse(1)
  expect(await timelineOf(id)).toEqual(['job.accepted', 'task.rejected', 'task.submitted'])
  expect(await eventOf(id, 'task.rejected')).toEqual({
    provider: 'runware',
    next_provider: 'crun',
    fault: 'out_of_credit',
    message: expect.any(String),
  })
})
