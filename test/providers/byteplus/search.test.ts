/** What BytePlus's list says about a submission whose response was lost. */
import { describe, expect, it } from 'vitest'
import { aLostSubmission, nowMs, type Reply } from '../a-submission.ts'
import { aBytePlus, aList, anArkTask, aProblem, expiry } from './a-byteplus.ts'

const intendedAt = nowMs - 600_000
const seconds = (ms: number) => ms / 1_000

const ours = anArkTask({ id: 'cgt-ours', created_at: seconds(intendedAt) })
const other = anArkTask({ id: 'cgt-other', execution_expires_after: 7_200, created_at: seconds(nowMs) })
const older = anArkTask({
  id: 'cgt-older',
  execution_expires_after: 7_204,
  created_at: seconds(intendedAt) - 900,
})

async function search(
  replies: [Reply, ...Reply[]],
  { named = [], held = ['cgt-older'] }: { named?: string[]; held?: string[] } = {},
) {
  const { provider, sent } = aBytePlus(...replies)
  const submission = aLostSubmission(
    {},
    {
      intendedAt,
      namedTaskIds: named,
      heldAmong: async (ids) => new Set(ids.filter((id) => held.includes(id))),
    },
  )
  const result = await provider.findSubmission?.(submission)
  return { result, paths: sent.map(({ url }) => new URL(url).pathname.split('/tasks')[1]), sent }
}

const found = { ok: true, value: { providerTaskId: 'cgt-ours' } }
const unlisted = { ok: true, value: 'unlisted' }
const undecided = { ok: false, fault: { code: 'answer_lost' } }

/** A page of the largest size, the newest first. */
function aFullPage(oldest: unknown): Reply {
  const items = [...Array(499).keys()].map((n) => ({ ...other, id: `cgt-${n}` }))
  return { json: { items: [...items, oldest], total: 2_000 } }
}

describe('the list of BytePlus', () => {
  it('is asked once, for the model alone', async () => {
    const { sent } = await search([aList(other, ours)])
    expect(sent.map(({ url }) => url)).toEqual([
      'https://ark.ap-southeast.bytepluses.com/api/v3/contents/generations/tasks?page_num=1&page_size=500&filter.model=dreamina-seedance-2-0-mini-260615',
    ])
  })

  it('shows the submission by its fingerprint', async () => {
    expect((await search([aList(other, ours, older)])).result).toEqual(found)
    expect((await search([aFullPage(ours)])).result).toEqual(found)
  })

  it('proves nothing by a task that another submission has', async () => {
    const held = ['cgt-ours', 'cgt-older']
    expect((await search([aList(other, ours, older)], { held })).result).toEqual(unlisted)
  })

  it.each([
    ['whole', [aList(other, older)]],
    ['as far back as the call', [aFullPage(older)]],
    ['with our fingerprint on an older task only', [aList({ ...older, execution_expires_after: expiry })]],
  ] as [string, [Reply]][])('does not show it, although it is %s', async (_, replies) => {
    expect((await search(replies)).result).toEqual(unlisted)
  })

  it.each([
    ['two have the fingerprint', [aList(ours, { ...ours, id: 'cgt-twin' })]],
    ['one with the fingerprint has another resolution', [aList({ ...ours, resolution: '480p' })]],
    ['one with the fingerprint has no time', [aList({ ...ours, created_at: null })]],
    ['one has no fingerprint', [aList(other, { ...other, execution_expires_after: null })]],
    ['one has the default in its place', [aList(other, { ...other, execution_expires_after: 172_800 })]],
    ['it has more pages', [aFullPage(other)]],
    ['it does not say how many there are', [{ json: { items: [other, { ...older, created_at: null }] } }]],
    ['it says that it has more tasks', [{ json: { items: [other], total: 2 } }]],
    [
      'one with the fingerprint is too old, as the clocks show it',
      [aList({ ...ours, created_at: seconds(intendedAt) - 400 }, older)],
    ],
    ['the order is another', [aFullPage({ ...older, created_at: Number.NaN })]],
  ] as [string, [Reply]][])('decides nothing if %s', async (_, replies) => {
    expect((await search(replies)).result).toMatchObject(undecided)
  })

  it.each([
    ['no task', [], []],
    ['no older task', [other], ['cgt-other']],
    ['no older task of ours', [other, older], ['cgt-other']],
    [
      'rounded values',
      [
        { ...other, execution_expires_after: 10_800 },
        { ...older, execution_expires_after: 7_200 },
      ],
      ['cgt-older'],
    ],
  ])(
    'says nothing if it shows %s: it may be of another account, or hide our fingerprint',
    async (_, items, held) => {
      expect((await search([aList(...items)], { held })).result).toEqual({ ok: true, value: 'not_found' })
    },
  )

  it.each([
    [aProblem(429, 'APIAccountRpmRateLimitExceeded'), 'rate_limited'],
    [aProblem(500, 'InternalServiceError'), 'unavailable'],
    [aProblem(401, 'AuthenticationError'), 'auth'],
    [{ json: { items: [{ id: 'cgt-1' }], total: 1 } }, 'unreadable_answer'],
    [{ json: { total: 0 } }, 'unreadable_answer'],
  ] as [Reply, string][])('is not read if it is %j', async (reply, code) => {
    expect((await search([reply])).result).toMatchObject({ ok: false, fault: { code } })
  })
})

describe('a task that a webhook named', () => {
  it('is the submission if its status has the fingerprint, and the list is not asked', async () => {
    const { result, paths } = await search([{ json: ours }], { named: ['cgt-ours'] })
    expect(result).toEqual(found)
    expect(paths).toEqual(['/cgt-ours'])
  })

  it('is not believed without the fingerprint, nor if another submission has it', async () => {
    const named = ['cgt-other', 'cgt-taken']
    const { result, paths } = await search([{ json: other }, aList(other, older)], {
      named,
      held: ['cgt-taken', 'cgt-older'],
    })
    expect(result).toEqual(unlisted)
    expect(paths).toEqual(['/cgt-other', ''])
  })

  it('keeps the list from proving anything while BytePlus does not know it', async () => {
    const unknown = aProblem(404, 'ResourceNotFound')
    const named = ['cgt-new']
    expect((await search([unknown, aList(older)], { named })).result).toEqual({
      ok: true,
      value: 'not_found',
    })
    const broken = aProblem(500, 'InternalServiceError')
    expect((await search([broken, aList(older)], { named })).result).toMatchObject({
      fault: { code: 'unavailable' },
    })
    expect((await search([unknown, aList(ours)], { named })).result).toEqual(found)
  })
})
