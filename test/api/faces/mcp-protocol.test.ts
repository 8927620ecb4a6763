/** The Model Context Protocol over HTTP: what is refused before a tool runs, and both generations of clients. */
import { describe, expect, it } from 'vitest'
import { aVideo, messageOf, refusalOf, rpc, toolsOf } from '../../support/mcp.ts'
import { api } from '../../support/reelhook.ts'
import { fetchWith } from '../../support/runtime.ts'
import { makeVideo } from '../../support/videos.ts'
import { publicBaseUrl } from '../../support/world.ts'

const discover = (headers: Record<string, string> = {}) => api('/mcp', rpc('server/discover', {}, headers))

/** The data of the events of a response. */
async function eventsOf(response: Response): Promise<Record<string, unknown>[]> {
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const text = await response.text()
  return [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data = '']) => JSON.parse(data))
}

/** A message of a client of 2025, which has no envelope. */
async function legacy(method: string, params: Record<string, unknown>, version?: string) {
  const { headers } = rpc(method, {})
  const { 'mcp-method': _method, 'mcp-protocol-version': _version, ...own } = headers
  const response = await api('/mcp', {
    method: 'POST',
    headers: { ...own, ...(version !== undefined && { 'mcp-protocol-version': version }) },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }),
  })
  const [message] = await eventsOf(response)
  return message?.result as Record<string, unknown> | undefined
}

describe('a request is refused', () => {
  it.each(['GET', 'DELETE', 'PUT', 'HEAD'])('with the method %s', async (method) => {
    const response = await api('/mcp', { method })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it.each([
    ['without a key', { authorization: '' }],
    ['with a wrong key', { authorization: 'Bearer nonsense' }],
  ])('%s: 401 with the scheme to use', async (_, headers) => {
    const response = await api('/mcp', rpc('tools/call', { name: 'list_jobs', arguments: {} }, headers))
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect((await messageOf(response)).error?.message).toContain('Authorization: Bearer')
  })

  it.each(['https://evil.test', 'null', 'https://reelhook.test.evil.test'])(
    'from a page of the origin %s, whatever the host of the request is',
    async (origin) => {
      expect((await discover({ origin })).status).toBe(403)
      const { headers, ...init } = rpc('server/discover')
      const rebound = new Request('https://evil.test/mcp', { ...init, headers: { ...headers, origin } })
      expect((await fetchWith({}, rebound)).status).toBe(403)
    },
  )

  it('if it has more than 1 MiB, is not JSON, is a batch or has another content type', async () => {
    const { headers } = rpc('tools/list')
    const sent = async (body: string, own: Record<string, string> = {}) => {
      const response = await api('/mcp', { method: 'POST', headers: { ...headers, ...own }, body })
      return [response.status, (await messageOf(response)).error?.code]
    }
    expect(await sent(' '.repeat(1024 * 1024 + 1))).toEqual([413, -32_600])
    expect(await sent('{')).toEqual([400, -32_700])
    expect(await sent('[{"jsonrpc":"2.0","id":1,"method":"ping"}]')).toEqual([400, -32_600])
    expect(await sent('{}', { 'content-type': 'text/plain' })).toEqual([415, -32_000])
  })

  it('by the rate of its key: 429 with the seconds', async () => {
    const bindings = { REQUESTS: { limit: async () => ({ success: false }) } }
    const request = new Request(`${publicBaseUrl}/mcp`, rpc('tools/list'))
    const response = await fetchWith(bindings as Partial<Env>, request)
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60'])
    expect(await messageOf(response)).toMatchObject({ id: 7, error: { code: -32_000 } })
  })

  it('with the advice to repeat it with the same key, if the database is down', async () => {
    const DB = {
      prepare: () => {
        throw new Error('D1_ERROR: D1 DB is overloaded. Requests queued for too long.')
      },
    }
    const text = await refusalOf('create_video', aVideo(), { bindings: { DB } })
    expect(text).toContain('With the same idempotency_key a repeated create_video returns the same job')
    expect(text).not.toContain('D1_ERROR')
  })
})

describe('a page of the deployment itself', () => {
  it('may use the tools', async () => {
    expect((await discover({ origin: publicBaseUrl })).status).toBe(200)
  })
})

describe('a client of 2026-07-28', () => {
  it('discovers the server, whose list it may keep for itself', async () => {
    const { result } = await messageOf(await discover())
    expect(result).toMatchObject({ supportedVersions: ['2026-07-28'], capabilities: { tools: {} } })
    const list = await messageOf(await api('/mcp', rpc('tools/list')))
    expect(list.result).toMatchObject({ ttlMs: 300_000, cacheScope: 'private' })
  })

  it('has a subscription acknowledged, with nothing in it, and ended', async () => {
    const notifications = { toolsListChanged: true }
    const events = await eventsOf(await api('/mcp', rpc('subscriptions/listen', { notifications })))
    expect(events).toMatchObject([
      { method: 'notifications/subscriptions/acknowledged', params: { notifications: {} } },
      { id: 7, result: {} },
    ])
  })
})

describe('a client of 2025', () => {
  it('initializes with its own revision', async () => {
    const clientInfo = { name: 'an old client', version: '1.0.0' }
    for (const protocolVersion of ['2025-11-25', '2025-06-18', '2025-03-26']) {
      const params = { protocolVersion, capabilities: {}, clientInfo }
      expect(await legacy('initialize', params)).toMatchObject({
        protocolVersion,
        capabilities: { tools: {} },
      })
    }
  })

  it('gets a link as a block if its revision has these, and in the text in any case', async () => {
    const { id } = await makeVideo()
    const typesFor = async (version?: string) => {
      const result = await legacy('tools/call', { name: 'get_job', arguments: { id } }, version)
      const { content } = result as { content: { type: string; text?: string }[] }
      expect(content[0]?.text).toContain('signature=')
      return content.map(({ type }) => type)
    }
    expect(await typesFor('2025-11-25')).toEqual(['text', 'resource_link'])
    expect(await typesFor('2025-06-18')).toEqual(['text', 'resource_link'])
    expect(await typesFor('2025-03-26')).toEqual(['text'])
    expect(await typesFor()).toEqual(['text'])
  })
})

describe('the definitions of the tools', () => {
  it('tell an agent what spends money, what cannot be undone and what may be repeated', async () => {
    const tools = await toolsOf()
    const namesWith = (hint: string) =>
      tools.filter(({ annotations }) => annotations[hint] === true).map(({ name }) => name)
    expect(namesWith('destructiveHint')).toEqual(['cancel_job'])
    expect(namesWith('idempotentHint')).toEqual(['create_video', 'cancel_job'])
    expect(namesWith('readOnlyHint')).toEqual([
      'list_models',
      'estimate_video',
      'get_job',
      'wait_for_job',
      'list_jobs',
    ])
  })

  it('have the fields of a job except its secrets, and fit into the context of an agent', async () => {
    const tools = await toolsOf()
    const { properties, required } = tools.find(({ name }) => name === 'create_video')?.inputSchema ?? {}
    expect(required).toEqual(['model', 'max_cost_usd', 'idempotency_key'])
    expect(Object.keys(properties ?? {})).toEqual(
      expect.arrayContaining(['prompt', 'first_frame', 'reference_images', 'provider_options', 'metadata']),
    )
    expect(Object.keys(properties ?? {})).not.toContain('callback_secret')
    const inputs = tools.map(({ name, description, inputSchema }) => [name, description, inputSchema])
    expect(JSON.stringify(inputs).length).toBeLessThan(12_000)
    expect(JSON.stringify(tools).length).toBeLessThan(32_000)
  })
})
