/** The example calls of the reference page, run: each sends the documented request. */
import { spawnSync } from 'node:child_process'
import { stripTypeScriptTypes } from 'node:module'
import { beforeAll, expect, it } from 'vitest'
import { createApi } from '../../../src/api/app.ts'
import { curlOf, typescriptOf } from '../../../src/api/docs/calls.ts'
import { type Description, operationsOf, type PlacedOperation } from '../../../src/api/docs/description.ts'

const baseUrl = 'https://reelhook.test'
let operations: PlacedOperation[]

beforeAll(async () => {
  const description: Description = await (await createApi().request('/openapi.json')).json()
  operations = operationsOf(description)
})

/** The arguments of curl, as a shell passes them. */
function argumentsOf(command: string): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`
  const { stdout, stderr } = spawnSync('sh', ['-c', script], {
    encoding: 'utf8',
    env: { ...process.env, REELHOOK_API_KEY: 'rh_key' },
  })
  expect(stderr).toBe('')
  return stdout.split('\0').slice(0, -1)
}

/** The request of the TypeScript example. It runs with a `fetch` that records it, and with files that are not there. */
async function requestOf(source: string): Promise<{ request: Request; saved: string[] }> {
  const saved: string[] = []
  const seen: Request[] = []
  const parts = {
    process: { env: { REELHOOK_API_KEY: 'rh_key' } },
    readFile: async (name: string) => `the bytes of ${name}`,
    writeFile: async (name: string) => void saved.push(name),
    fetch: async (url: string, init?: RequestInit) => {
      seen.push(new Request(url, init))
      return new Response('{}')
    },
  }
  const code = stripTypeScriptTypes(source).replace(/^import .*$/m, '')
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor
  await new AsyncFunction(...Object.keys(parts), code)(...Object.values(parts))
  const [request] = seen
  if (request === undefined) throw new Error('the example sends no request')
  return { request, saved }
}

it('the TypeScript example of every operation sends the documented request', async () => {
  expect(operations.length).toBeGreaterThan(30)
  for (const placed of operations) {
    const { method, path, operation } = placed
    const { request } = await requestOf(typescriptOf(placed, baseUrl))
    expect(request.method).toBe(method)
    const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/{}]+')}$`)
    expect(new URL(request.url).pathname, operation.operationId).toMatch(pattern)
    const json = operation.requestBody?.content['application/json']
    if (json !== undefined) expect(await request.json(), operation.operationId).toEqual(json.example)
    const isOpen = operation.security?.some((choice) => Object.keys(choice).length === 0) ?? false
    if (operation.security?.length !== 0 && !isOpen)
      expect(request.headers.get('authorization'), operation.operationId).toBe('Bearer rh_key')
  }
})

it('the curl example of every operation sends the same request as the TypeScript example', async () => {
  for (const placed of operations) {
    const { request } = await requestOf(typescriptOf(placed, baseUrl))
    const words = argumentsOf(curlOf(placed, baseUrl))
    const valuesOf = (option: string) => words.filter((_, index) => words[index - 1] === option)
    const name = placed.operation.operationId
    expect(words, name).toContain(request.url)
    const implied = valuesOf('-d').length + valuesOf('--data-binary').length > 0 ? 'POST' : 'GET'
    expect(valuesOf('-X')[0] ?? implied, name).toBe(request.method)
    const headers = new Headers(
      valuesOf('-H').map((line): [string, string] => [line.split(': ')[0] ?? '', line.split(': ')[1] ?? '']),
    )
    for (const [header, value] of headers) expect(request.headers.get(header), name).toBe(value)
    const [json] = valuesOf('-d')
    if (json !== undefined) expect(JSON.parse(json), name).toEqual(await request.json())
  }
})

it('the examples of files read and write them', async () => {
  const one = (id: string) => {
    const placed = operations.find(({ operation }) => operation.operationId === id)
    if (placed === undefined) throw new Error(`there is no ${id}`)
    return typescriptOf(placed, baseUrl)
  }
  const uploaded = await requestOf(one('uploadAsset'))
  expect(uploaded.request.headers.get('content-type')).toBe('image/png')
  expect(await uploaded.request.text()).toBe('the bytes of boat.png')
  expect((await requestOf(one('getJobOutput'))).saved).toEqual(['video.mp4'])
})
