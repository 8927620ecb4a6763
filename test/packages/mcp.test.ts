/** The published client of the Model Context Protocol against the running Worker, in the revisions 2026-07-28 and 2025-11-25. */
// cspell:words Streamable
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { adminApiKey, billsOf, createKey, markedPrompt, startLossyProxy, url } from './support.ts'

const eras = { '2026-07-28': { mode: { pin: '2026-07-28' } }, '2025-11-25': { mode: 'legacy' } } as const
type Revision = keyof typeof eras

const clients: Client[] = []
afterAll(async () => {
  for (const client of clients) await client.close()
})

async function connect(revision: Revision, { key = adminApiKey, at = url } = {}): Promise<Client> {
  const client = new Client({ name: 'an agent', version: '1.0.0' }, { versionNegotiation: eras[revision] })
  const requestInit = { headers: { authorization: `Bearer ${key}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(`${at}/mcp`), { requestInit }))
  clients.push(client)
  return client
}

const resultSchema = z.object({
  content: z.array(
    z.looseObject({ type: z.string(), text: z.string().optional(), uri: z.string().optional() }),
  ),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  isError: z.boolean().optional(),
})

async function call(client: Client, name: string, values: Record<string, unknown> = {}) {
  return resultSchema.parse(await client.callTool({ name, arguments: values }))
}

/** The text of a refused call. */
async function refusalOf(
  client: Client,
  name: string,
  values: Record<string, unknown> = {},
): Promise<string> {
  const { isError, content } = await call(client, name, values)
  expect(isError).toBe(true)
  return content[0]?.text ?? ''
}

function aVideo(overrides: Record<string, unknown> = {}) {
  return {
    model: 'seedance-2.0-mini',
    prompt: markedPrompt(),
    resolution: '480p',
    provider: 'runware',
    max_cost_usd: 1,
    idempotency_key: crypto.randomUUID(),
    ...overrides,
  }
}

const idOf = z.object({ id: z.string() })

/** As an agent does: it calls again until the job has ended. */
async function untilEnded(client: Client, id: string) {
  for (;;) {
    const { structuredContent, content } = await call(client, 'wait_for_job', { id, timeout_seconds: 20 })
    if (structuredContent?.has_ended === true) return { structuredContent, content }
  }
}

describe.concurrent.each<Revision>(['2026-07-28', '2025-11-25'])('a client of %s', (revision) => {
  it('gets the tools with their schemas and annotations', async () => {
    const client = await connect(revision)
    expect(client.getNegotiatedProtocolVersion()).toBe(revision)
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual([
      'list_models',
      'estimate_video',
      'create_video',
      'get_job',
      'wait_for_job',
      'list_jobs',
      'cancel_job',
      'redeliver',
    ])
    expect(tools.find(({ name }) => name === 'create_video')).toMatchObject({
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
      inputSchema: { type: 'object', required: ['model', 'max_cost_usd', 'idempotency_key'] },
      outputSchema: { type: 'object' },
    })
  })

  it('makes a video: estimate, create, wait, download', async () => {
    const client = await connect(revision)
    const { max_cost_usd: _cost, idempotency_key: _key, ...request } = aVideo()
    const estimate = await call(client, 'estimate_video', request)
    expect(estimate.structuredContent).toMatchObject({
      estimates: [{ provider: 'runware', eligible: true, cost: { amount_usd: expect.any(Number) } }],
    })
    const video = aVideo(request)
    const created = await call(client, 'create_video', video)
    expect(created.structuredContent).toMatchObject({ status: 'queued', replayed: false })
    const { id } = idOf.parse(created.structuredContent)
    const { structuredContent, content } = await untilEnded(client, id)
    expect(structuredContent).toMatchObject({ id, status: 'succeeded', videos: [{ status: 'stored' }] })
    const link = content.find(({ type }) => type === 'resource_link')
    expect(link).toMatchObject({ mimeType: 'video/mp4', name: expect.stringMatching(/\.mp4$/) })
    expect(content[0]?.text).toContain(link?.uri)
    const response = await fetch(link?.uri ?? '')
    expect(response.headers.get('content-type')).toBe('video/mp4')
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(1_000)
    expect(await billsOf(video.prompt)).toHaveLength(1)
  })

  it('whose answer of create_video is lost calls again, and one video is paid', async () => {
    // Those that the client sends before the first call of a tool: none of them is lost.
    let calls = 0
    const proxy = await startLossyProxy(({ method }) => method === 'POST' && isLosing && calls++ === 0)
    let isLosing = false
    const client = await connect(revision, { at: proxy.url })
    const video = aVideo()
    isLosing = true
    await expect(call(client, 'create_video', video)).rejects.toThrow()
    const again = await call(client, 'create_video', video)
    expect(again.structuredContent).toMatchObject({ replayed: true })
    expect(again.content[0]?.text).toContain('nothing new was bought')
    await untilEnded(client, idOf.parse(again.structuredContent).id)
    expect(await billsOf(video.prompt)).toHaveLength(1)
    await client.close()
  })

  it('cancels a job, and learns whether it may be billed', async () => {
    const client = await connect(revision)
    const { structuredContent } = await call(client, 'create_video', aVideo())
    const { id } = idOf.parse(structuredContent)
    const canceled = await call(client, 'cancel_job', { id })
    expect(canceled.structuredContent).toMatchObject({
      status: 'canceled',
      cancellation: { message: expect.stringMatching(/./) },
    })
    expect(await call(client, 'cancel_job', { id })).toMatchObject({
      structuredContent: { status: 'canceled' },
    })
  })

  it('with a key that may only read gets only the tools that read', async () => {
    const { key } = await createKey({ scopes: ['jobs:read'] })
    const client = await connect(revision, { key })
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual([
      'list_models',
      'estimate_video',
      'get_job',
      'wait_for_job',
      'list_jobs',
    ])
    expect(await refusalOf(client, 'create_video', aVideo())).toContain('does not have the scope jobs:write')
  })

  it('gets every fault of a request at once', async () => {
    const client = await connect(revision)
    const text = await refusalOf(client, 'create_video', { model: 'sora', duration: 99, prompt: 'A boat' })
    for (const field of ['max_cost_usd', 'idempotency_key', 'model', 'duration'])
      expect(text).toMatch(new RegExp(`^- ${field}: .+`, 'm'))
    expect(text).toContain('Nothing was done and nothing was spent.')
  })
})

it('a client that negotiates by itself takes the newest revision', async () => {
  const client = new Client({ name: 'an agent', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
  const requestInit = { headers: { authorization: `Bearer ${adminApiKey}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }))
  clients.push(client)
  expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28')
  expect(client.getInstructions()).toContain('idempotency_key')
})
