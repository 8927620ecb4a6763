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

const another = aRow({ inference_id: 'gen-2', client_request_id: 'somebody' })

function aPage(rows: unknown[], has_more = false): { json: unknown } {
  return { json: { data: rows, pagination: { total: 900, has_more } } }
}

describe('finding a lost submission', () => {
  it('reads the log of the last week, which is longer than any job, newest first, with the key', async () => {
    const { provider, sent } = anAimlapi(aPage([another], true), aPage([aRow()]))
    expect(await provider.findSubmission?.(aLostSubmission())).toEqual(found)
    expect(sent).toMatchObject([
      { method: 'GET', url: 'https://api.aimlapi.com/v2/logs?period=7d&limit=100&offset=0' },
      { method: 'GET', url: 'https://api.aimlapi.com/v2/logs?period=7d&limit=100&offset=100' },
    ])
    expect(sent[0]?.headers).toMatchObject({ authorization: 'Bearer aiml-secret' })
  })

  it.each([
    ['in the list', aPage([another, aRow()])],
    ['under another name', { json: { logs: [aRow()] } }],
    ['one level down', { json: { data: { items: [another, aRow()] } } }],
    ['in a bare list', { json: [aRow()] }],
    ['in other letters', { json: [{ clientRequestId: taskId, generationId: 'gen-1', cost: { usd: 0.06 } }] }],
    ['beside nonsense', { json: { data: [null, 7, 'row', [], { client_request_id: 7 }, aRow()] } }],
    ['after it failed', aPage([aRow({ status: 'failed' })])],
  ])('finds it %s', async (_, reply) => {
    expect(await find(reply)).toEqual(found)
  })

  it.each([
    ['the log is empty', aPage([])],
    ['only others are in it', aPage([another])],
    ['a row has no reference', aPage([aRow({ client_request_id: null })])],
    [
      'the log goes on, but reaches back behind it',
      aPage([aRow({ ...another, created: '2025-12-31T12:00:00Z' })], true),
    ],
  ])('does not find it when %s', async (_, reply) => {
    expect(await find(reply)).toEqual(absent)
  })

  it.each([
    ['of credits', { credits: 120_000 }, { credits: 120_000, source: 'provider' }],
    ['not billed yet', { usd: 0, credits: 0 }, undefined],
    ['none', null, undefined],
  ])('takes the cost from its row: %s', async (_, cost, told) => {
    const answer = await find(aPage([aRow({ cost })]))
    expect(answer).toEqual({ ok: true, value: { providerTaskId: 'gen-1', ...(told && { cost: told }) } })
  })

  it('is not sure when its row is there without a name', async () => {
    for (const inference_id of [null, undefined, '', 7]) {
      expect(await find(aPage([aRow({ inference_id })]))).toMatchObject({ fault: { code: 'answer_lost' } })
    }
  })

  it('is not sure when the log does not end', async () => {
    const { provider, sent } = anAimlapi(aPage([another], true))
    expect(await provider.findSubmission?.(aLostSubmission())).toMatchObject({
      fault: { code: 'answer_lost' },
    })
    expect(sent).toHaveLength(10)
  })

  it('reads on where nothing says that the log has ended', async () => {
    const full = { json: Array.from({ length: 100 }, () => another) }
    expect(await find(full, { json: [aRow()] })).toEqual(found)
    expect(await find(full, { json: [] })).toEqual(absent)
  })

  it('reads on where the times of the rows cannot be read', async () => {
    expect(await find(aPage([{ ...another, created: 7 }], true), aPage([aRow()]))).toEqual(found)
  })

  it.each([{}, null, 'text', 7, { data: {} }, { data: 'none' }])('learns nothing from %j', async (json) => {
    expect(await find({ json })).toMatchObject({ fault: { code: 'unreadable_answer' } })
  })

  it.each([
    [400, 'bad_request'],
    [401, 'auth'],
    [403, 'not_entitled'],
    [429, 'rate_limited'],
    [500, 'unavailable'],
  ])('learns nothing from %i', async (status, code) => {
    expect(await find(aProblem(status))).toMatchObject({ fault: { code } })
  })
})
