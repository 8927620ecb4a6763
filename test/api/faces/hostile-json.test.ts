/** Bodies that are no honest JSON: each face refuses them in its own words, shortly, and buys nothing. */
import { describe, expect, it } from 'vitest'
import { api } from '../../support/reelhook.ts'
import { countRows } from '../../support/storage.ts'

const openrouter = '/openrouter/api/v1/videos'
const tool = (name: string, args: string) =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}","arguments":${args}}}`
const many = (entry: (n: number) => string) => Array.from({ length: 20_000 }, (_, n) => entry(n)).join()
const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
const video = (fields: string) => `{"model":"seedance-2.0-mini","prompt":"A paper boat",${fields}}`
const create = (fields: string) =>
  tool(
    'create_video',
    `{"idempotency_key":"${crypto.randomUUID()}","max_cost_usd":5,${video(fields).slice(1)}`,
  )

async function sent(path: string, body: string | Uint8Array<ArrayBuffer>) {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const jobs = await countRows('jobs')
  const response = await api(path, { method: 'POST', body, headers })
  const text = await response.text()
  expect(response.status, text.slice(0, 300)).toBeLessThan(500)
  expect(text.length).toBeLessThan(5_000)
  expect(await countRows('jobs')).toBe(jobs)
  return text
}

/** `text` with a byte that UTF-8 never has in place of each "?". */
function withBrokenBytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text).map((byte) => (byte === 0x3f ? 0xff : byte))
}

describe.each([
  ['OpenRouter', openrouter, video],
  ['MCP', '/mcp', create],
  ['OpenAI', '/openai/v1/videos', (fields: string) => video(`"seconds":"4",${fields}`)],
])('%s', (_, path, write) => {
  it.each([
    ['a deep value', `"provider":{"options":{"reelhook":{"metadata":${deep}}}}`],
    ['a deep field of a job', `"metadata":${deep}`],
    ['a long list', `"frame_images":[${many(() => '0')}],"reference_images":[${many(() => '0')}]`],
    ['many unknown fields', many((n) => `"field${n}":1`)],
    ['many options', `"provider":{"options":{${many((n) => `"p${n}":1`)}}}`],
    ['half a character', '"seed":1,"prompt":"A \\ud800 boat"'],
  ])('refuses %s', async (_, fields) => {
    await sent(path, write(fields))
  })

  it('refuses what is not UTF-8', async () => {
    expect(await sent(path, withBrokenBytes(write('"seed":1,"prompt":"A ? boat"')))).toContain('UTF-8')
  })
})

it.each([
  ['list_jobs', `{"metadata":{${many((n) => `"k${n}":1`)}}}`],
  ['get_job', `{"id":"job_1",${many((n) => `"k${n}":1`)}}`],
])('the tool %s refuses many arguments', async (name, args) => {
  await sent('/mcp', tool(name, args))
})
