/** The tools for agents, in the runtime. test/packages/mcp.test.ts uses the published client. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { bearerHeader, createApiKey } from '../../support/api-keys.ts'
import { jobUsd, keyWithBudget } from '../../support/budget.ts'
import { untilDelivery } from '../../support/deliveries.ts'
import { aVideo, callTool, messageOf, refusalOf, rpc, toolsOf } from '../../support/mcp.ts'
import { api, billsFor, getJob, post, untilStatus } from '../../support/reelhook.ts'
import { countRows } from '../../support/storage.ts'
import { failVideo, finish, makeVideo } from '../../support/videos.ts'
import { callerUrl, world } from '../../support/world.ts'

async function created(
  overrides: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<string> {
  const { content, structuredContent } = await callTool('create_video', aVideo(overrides), { headers })
  expect(structuredContent, content[0]?.text).toMatchObject({ id: expect.any(String) })
  return String(structuredContent?.id)
}

describe('create_video', () => {
  it('makes the job that POST /v1/jobs would make', async () => {
    const id = await created({ metadata: { order: '42' } })
    expect(await getJob(id)).toMatchObject({ status: expect.any(String), metadata: { order: '42' } })
    await finish(id)
    expect(await untilStatus(id, 'succeeded')).toMatchObject({ request: { max_cost_usd: 1, duration: 5 } })
    expect(billsFor(id)).toHaveLength(1)
  })

  it('answers calls with one key by one job, also at once, and shares the key with the API', async () => {
    const video = aVideo()
    const answers = await Promise.all([1, 2, 3].map(() => callTool('create_video', video)))
    const ids = new Set(answers.map(({ structuredContent }) => structuredContent?.id))
    expect(ids.size).toBe(1)
    const { idempotency_key: key, ...request } = video
    const response = await post('/v1/jobs', request, { 'idempotency-key': String(key) })
    expect(response.headers.get('idempotent-replayed')).toBe('true')
    expect(ids).toContain((await response.json<{ id: string }>()).id)
  })

  it('refuses another video under a key, and names the job that has it', async () => {
    const video = aVideo()
    const { structuredContent } = await callTool('create_video', video)
    const text = await refusalOf('create_video', { ...video, prompt: 'A tin boat' })
    expect(text).toContain(`This idempotency_key belongs to ${structuredContent?.id}`)
    expect(text).toContain('- prompt: differs')
    expect(text).toMatch(/\nWhat to do: .* \[idempotency_conflict\]$/)
  })

  it('buys nothing without max_cost_usd or idempotency_key, and names every fault at once', async () => {
    const before = await countRows('jobs')
    const {
      max_cost_usd: _cost,
      idempotency_key: _key,
      ...request
    } = aVideo({
      duration: 99,
      color: 'red',
      callback_secret: 'whsec_x',
    })
    const text = await refusalOf('create_video', request)
    const paths = [...text.matchAll(/^- (\w+): /gm)].map(([, path]) => path)
    expect(new Set(paths)).toEqual(
      new Set(['max_cost_usd', 'idempotency_key', 'duration', 'color', 'callback_secret']),
    )
    expect(paths).toHaveLength(5)
    expect(await countRows('jobs')).toBe(before)
  })

  it.each(['', 'two words', 'ä', 'a'.repeat(256)])('refuses the idempotency_key %j', async (key) => {
    expect(await refusalOf('create_video', aVideo({ idempotency_key: key }))).toContain('- idempotency_key: ')
  })

  it('refuses a video that costs more than max_cost_usd, with what it would cost', async () => {
    const text = await refusalOf('create_video', aVideo({ max_cost_usd: 0.01 }))
    expect(text).toContain(`- max_cost_usd: runware: it would cost $${jobUsd}`)
    expect(text).toContain('[no_provider]')
  })

  it('refuses a video beyond the budget of its key, with the numbers', async () => {
    const key = await keyWithBudget(0.1)
    const text = await refusalOf('create_video', aVideo(), { headers: bearerHeader(key) })
    expect(text).toContain(`The job may cost $${jobUsd}, and $0.1 remains`)
    expect(text).toContain('[budget_exceeded]')
  })
})

describe('estimate_video', () => {
  it('shows the cost at each provider, and makes no job', async () => {
    const before = await countRows('jobs')
    const { content, structuredContent } = await callTool('estimate_video', {
      model: 'seedance-2.0-mini',
      prompt: 'A paper boat',
      resolution: '480p',
      provider: ['runware'],
    })
    expect(content).toEqual([{ type: 'text', text: `runware: $${jobUsd}` }])
    expect(structuredContent).toMatchObject({ estimates: [{ provider: 'runware', eligible: true }] })
    expect(await countRows('jobs')).toBe(before)
  })

  it('names every fault, also one that nests more than 32 levels deep', async () => {
    const text = await refusalOf('estimate_video', { model: 'sora', duration: 99 })
    expect(text).toMatch(/- model: [\s\S]*- duration: /)
    let deep: unknown = 1
    for (let n = 0; n < 40; n++) deep = [deep]
    expect(await refusalOf('estimate_video', { prompt: deep })).toContain('nests more than 32 levels deep')
  })
})

describe('the tools for jobs', () => {
  it('show a video as one line, its fields and a link that opens without a key', async () => {
    const { id } = await makeVideo()
    for (const [name, values] of [
      ['get_job', { id }],
      ['wait_for_job', { id, timeout_seconds: 1 }],
    ] as const) {
      const { content, structuredContent } = await callTool(name, values)
      expect(structuredContent).toMatchObject({ id, status: 'succeeded', fault: null })
      expect(content).toMatchObject([{ type: 'text' }, { type: 'resource_link', mimeType: 'video/mp4' }])
      const [line, link] = content
      expect(line?.text).toContain(link?.uri)
      expect(line?.text).not.toContain('\n')
      const { pathname, search } = new URL(link?.uri ?? '')
      expect((await api(pathname + search, { headers: { authorization: '' } })).status).toBe(200)
    }
  })

  it('wait for a limited time, and say to call again', async () => {
    const id = await created()
    const { content, structuredContent } = await callTool('wait_for_job', { id, timeout_seconds: 1 })
    expect(structuredContent).toMatchObject({ id, has_ended: false })
    expect(content[0]?.text).toMatch(/It has not ended: call again\.$/)
    expect(await refusalOf('wait_for_job', { id, timeout_seconds: 51 })).toContain('- timeout_seconds: ')
  })

  it('show why a job failed and what its caller can do', async () => {
    const { id, fault } = await failVideo()
    const { content, isError } = await callTool('get_job', { id })
    expect(isError).toBeUndefined()
    expect(content[0]?.text).toContain(`${id} failed`)
    expect(content[0]?.text).toContain(fault?.remedy)
  })

  it('list jobs by their metadata, page by page', async () => {
    const mark = crypto.randomUUID()
    const ids = [await created({ metadata: { mark } }), await created({ metadata: { mark } })]
    const first = await callTool('list_jobs', { metadata: { mark }, limit: 1 })
    const { jobs, next_cursor } = first.structuredContent as { jobs: { id: string }[]; next_cursor: string }
    expect(jobs.map(({ id }) => id)).toEqual(ids.slice(1))
    const second = await callTool('list_jobs', { metadata: { mark }, limit: 1, cursor: next_cursor })
    expect(second.structuredContent).toMatchObject({ jobs: [{ id: ids[0] }] })
  })

  it('cancel a job once, and refuse one that has ended', async () => {
    const id = await created()
    expect(await callTool('cancel_job', { id })).toMatchObject({ structuredContent: { status: 'canceled' } })
    const made = await makeVideo()
    const text = await refusalOf('cancel_job', { id: made.id })
    expect(text).toContain(`The job succeeded at ${made.settled_at}.`)
    expect(text).toContain('What to do: get_job shows how it ended.')
  })

  it.each(['get_job', 'wait_for_job', 'cancel_job'])('%s finds no job of another id', async (name) => {
    expect(await refusalOf(name, { id: '../api-keys' })).toContain('- id: must be the id of a job')
    expect(await refusalOf(name, { id: `job_${'0'.repeat(26)}` })).toContain('[not_found]')
  })
})

describe('redeliver', () => {
  it('sends the failed deliveries of a job again', async () => {
    const headers = bearerHeader(await createApiKey('an agent', { callback_url: `${callerUrl}/hook` }))
    world.caller.respondNext(() => new Response('go away', { status: 410 }))
    const id = await created({ prompt: 'A paper boat sim(submit=402)' }, headers)
    const failed = await untilDelivery(id, ({ status }) => status === 'failed')
    const { content, structuredContent } = await callTool('redeliver', { job_id: id }, { headers })
    expect(structuredContent).toMatchObject({ redelivered: 1, deliveries: [{ id: failed.id }] })
    expect(content[0]?.text).toContain(`Sent again: ${failed.id}`)
    await untilDelivery(id, ({ status }) => status === 'delivered')
  })

  it('sends nothing if none has failed, and lists them', async () => {
    const { id } = await makeVideo()
    const delivery = await untilDelivery(id, ({ status }) => status === 'delivered')
    const { content, structuredContent } = await callTool('redeliver', { job_id: id })
    expect(structuredContent).toMatchObject({ redelivered: 0, deliveries: [{ id: delivery.id }] })
    expect(content[0]?.text).toContain(delivery.id)
    const again = await callTool('redeliver', { job_id: id, delivery_id: delivery.id })
    expect(again.structuredContent).toMatchObject({ redelivered: 1 })
    const other = { job_id: id, delivery_id: `dlv_${'0'.repeat(26)}` }
    expect(await refusalOf('redeliver', other)).toContain('The job has no such delivery.')
  })
})

describe('list_models', () => {
  it('shows what can be made here, and the options of one provider', async () => {
    const all = await callTool('list_models', {})
    expect(all.content[0]?.text).toContain('seedance-2.0-mini: runware (')
    expect(JSON.stringify(all.structuredContent)).not.toContain('provider_options')
    const one = await callTool('list_models', { model: 'seedance-2.0', provider: 'runware' })
    expect(one.structuredContent).toMatchObject({
      models: [{ providers: [{ provider: 'runware', provider_options: { type: 'object' } }] }],
    })
  })
})

describe('a key', () => {
  it.each([
    { scopes: ['jobs:write'], names: ['list_models', 'estimate_video', 'create_video', 'cancel_job'] },
    { scopes: ['deliveries'], names: ['list_models', 'estimate_video', 'redeliver'] },
  ])('with the scopes $scopes gets its tools only', async ({ scopes, names }) => {
    const tools = await toolsOf(bearerHeader(await createApiKey('an agent', { scopes })))
    expect(tools.map(({ name }) => name)).toEqual(names)
  })

  it('gets a refusal that names the scope from a tool that it may not use', async () => {
    const headers = bearerHeader(await createApiKey('a reader', { scopes: ['jobs:read'] }))
    const text = await refusalOf('cancel_job', { id: `job_${'0'.repeat(26)}` }, { headers })
    expect(text).toContain('does not have the scope jobs:write')
    expect(text).toContain('[forbidden]')
  })

  it('of a project sees the jobs of the project only', async () => {
    const id = await created()
    const key = await createApiKey('a project', { project: 'films' })
    expect(await refusalOf('get_job', { id }, { headers: bearerHeader(key) })).toContain('[not_found]')
  })

  it('with too many requests gets a refusal from a tool', async () => {
    const REQUESTS = { limit: async () => ({ success: false }) }
    const bindings = { ...env, REQUESTS }
    expect(await refusalOf('create_video', aVideo(), { bindings })).toContain('Retry after 60 seconds.')
  })
})

it('no tool shows the prompt, a key or a link in the log', async () => {
  const { id } = await makeVideo({ prompt: 'A secret paper boat' })
  await callTool('get_job', { id })
  const logged = JSON.stringify(world.logs)
  expect(logged).toContain(id)
  for (const secret of ['secret paper', env.ADMIN_API_KEY, 'signature=']) expect(logged).not.toContain(secret)
})

it('a tool that does not exist is an error of the protocol', async () => {
  const { error } = await messageOf(await api('/mcp', rpc('tools/call', { name: 'nope', arguments: {} })))
  expect(error).toEqual({ code: -32_602, message: 'There is no tool nope.' })
})
