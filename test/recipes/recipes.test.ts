/** The code in the documents of `src/recipes`, their links, and the workflow of n8n. */
import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { requestSchema } from '../../src/core/request/request.ts'

const folder = new URL('../../src/recipes/', import.meta.url)
const read = (name: string) => readFile(new URL(name, folder), 'utf8')

describe('the table of the recipes', () => {
  it('has a link to each of them', async () => {
    const names = (await readdir(folder)).filter((name) => !['README.md', 'n8n.json'].includes(name))
    const linked = [...(await read('README.md')).matchAll(/^\| \[[^\]]+\]\(([^/)]+)/gm)].map(
      ([, name]) => name,
    )
    expect(linked.sort()).toEqual(names.sort())
  })
})

describe("Inngest's transform", () => {
  it('makes one event of all attempts, with the job in it', async () => {
    const [, code] = /```js\n([\s\S]*?)```/.exec(await read('inngest.md')) ?? []
    const transform = new Function(`${code}; return transform`)()
    const data = { id: 'job_1', status: 'succeeded' }
    expect(transform({ type: 'job.succeeded', data }, { 'Webhook-Id': 'evt_1' })).toEqual({
      id: 'evt_1',
      name: 'reelhook/job.ended',
      data,
    })
  })
})

describe('the workflow of n8n', () => {
  const nodesSchema = z.array(
    z.object({ name: z.string(), parameters: z.looseObject({}), retryOnFail: z.boolean().optional() }),
  )
  const nodes = async () => {
    const { nodes } = z.object({ nodes: nodesSchema }).parse(JSON.parse(await read('n8n.json')))
    return (name: string) => nodes.find((node) => node.name === name)
  }

  it('posts a valid job that a repeat of the node does not buy twice', async () => {
    const create = (await nodes())('Create the job')
    const { jsonBody, headerParameters } = z
      .object({ jsonBody: z.string(), headerParameters: z.unknown() })
      .parse(create?.parameters)
    const body = new Function('$json', '$execution', `return ${/^=\{\{([\s\S]*)\}\}$/.exec(jsonBody)?.[1]}`)
    const resumeUrl = 'https://n8n.example.com/webhook-waiting/7?signature=6f2c'
    const request = JSON.parse(body({ body: { prompt: 'A paper boat' } }, { resumeUrl }))
    expect(requestSchema.parse(request)).toMatchObject({ prompt: 'A paper boat', callback_url: resumeUrl })
    expect(create?.retryOnFail).toBe(true)
    const value = '={{ $workflow.id }}-{{ $execution.id }}'
    expect(headerParameters).toEqual({ parameters: [{ name: 'Idempotency-Key', value }] })
  })

  it('waits for a POST with the header that the job names', async () => {
    expect((await nodes())('Wait for the webhook')?.parameters).toMatchObject({
      resume: 'webhook',
      httpMethod: 'POST',
      incomingAuthentication: 'headerAuth',
    })
  })
})
