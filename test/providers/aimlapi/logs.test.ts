import { describe, expect, it } from 'vitest'
import { aLostSubmission, nowMs, type Reply, taskId } from '../a-submission.ts'
import { anAimlapi, aProblem } from './a-aimlapi.ts'

const minutes = 60_000
const find = (...replies: [Reply, ...Reply[]]) =>
  anAimlapi(...replies).provider.findSubmission?.(aLostSubmission())

const found = {
  ok: true,
  value: { providerTaskId: 'gen-1', cost: { amount_usd: 0.06, source: 'provider' } },
}
const absent = { ok: true, value: 'not_found' }

function aRow(overrides: Record<string, unknown> = {}) {
  return {
    created: new Date(nowMs - 30 * minutes).toISOString(),
    status: 'succeeded',
    model: 'bytedance/dreamina-seedance-2-0-mini',
    cost: { usd: 0.06, credits: 120_000 },
    request_id: 'req-1',
    inference_id: 'gen-1',
    client_request_id: taskId,
    ...overrides,
  }
}

const another = aRow({ inference_id: 'gen-2', client_request_id: 'another' })

function aPage(rows: unknown[], has_more = false): { json: unknown } {
  return { json: { data: rows, pagination: { total: 900, has_more } } }
}

describe('a search for a lost submission at AI/ML API', () => {
  it('reads the log of the last week, which is longer than any job, page by page', async () => {
    const { provider, sent } = anAimlapi(aPage([another], true), aPage([aRow()]))
    expect(await provider.findSubmission?.(aLostSubmission())).toEqual(found)
    expect(sent).toMatchObject([
      { method: 'GET', url: 'https://api.aimlapi.com/v2/logs?period=7d&limit=100&offset=0' },
      { method: 'GET', url: 'https://api.aimlapi.com/v2/logs?period=7d&limit=100&offset=100' },
    ])
    expect(sent[0]?.headers).toMatchObject({ authorization: 'Bearer aiml-secret' })
  })

  it.each([
    ['in a list', aPage([another, aRow()])],
    ['in a field with another name', { json: { logs: [aRow()] } }],
    ['in a nested list', { json: { data: { items: [another, aRow()] } } }],
    ['in a bare list', { json: [aRow()] }],
    [
      'with field names in camel case',
      { json: [{ clientRequestId: taskId, generationId: 'gen-1', cost: { usd: 0.06 } }] },
    ],
    ['beside invalid rows', { json: { data: [null, 7, 'row', [], { client_request_id: 7 }, aRow()] } }],
    ['after it failed', aPage([aRow({ status: 'failed' })])],
  ])('finds the task %s', async (_, reply) => {
    expect(await find(reply)).toEqual(found)
  })

  it.each([
    ['the log is empty', aPage([])],
    ['the log has only other tasks', aPage([another])],
    ['a row has no reference', aPage([aRow({ client_request_id: null })])],
    [
      'the log has more pages, but all older',
      aPage([aRow({ ...another, created: '2025-12-31T12:00:00Z' })], true),
    ],
  ])('does not find the task if %s', async (_, reply) => {
    expect(await find(reply)).toEqual(absent)
  })

  it.each([
    ['in credits', { credits: 120_000 }, { credits: 120_000, amount_usd: 0.06, source: 'provider' }],
    ['not billed yet', { usd: 0, credits: 0 }, undefined],
    ['none', null, undefined],
  ])('returns the cost of the row: %s', async (_, cost, expected) => {
    const value = { providerTaskId: 'gen-1', ...(expected && { cost: expected }) }
    expect(await find(aPage([aRow({ cost })]))).toEqual({ ok: true, value })
  })

  it('is undecided if the row has no task id', async () => {
    for (const inference_id of [null, undefined, '', 7]) {
      expect(await find(aPage([aRow({ inference_id })]))).toMatchObject({ fault: { code: 'answer_lost' } })
    }
  })

  it('is undecided after ten pages', async () => {
    const { provider, sent } = anAimlapi(aPage([another], true))
    expect(await provider.findSubmission?.(aLostSubmission())).toMatchObject({
      fault: { code: 'answer_lost' },
    })
    expect(sent).toHaveLength(10)
  })

  it('reads the next page after a full page without paging fields', async () => {
    const full = { json: Array.from({ length: 100 }, () => another) }
    expect(await find(full, { json: [aRow()] })).toEqual(found)
    expect(await find(full, { json: [] })).toEqual(absent)
  })

  it('reads the next page if the times of the rows are unreadable', async () => {
    expect(await find(aPage([{ ...another, created: 7 }], true), aPage([aRow()]))).toEqual(found)
  })

  it.each([{}, null, 'text', 7, { data: {} }, { data: 'none' }])('is a fault after %j', async (json) => {
    expect(await find({ json })).toMatchObject({ fault: { code: 'unreadable_answer' } })
  })

  it.each([
    [400, 'bad_request'],
    [401, 'auth'],
    [403, 'not_entitled'],
    [429, 'rate_limited'],
    [500, 'unavailable'],
  ])('is a fault after %i: %s', async (status, code) => {
    expect(await find(aProblem(status))).toMatchObject({ fault: { code } })
  })
})
