/** A simulator with a manual clock and a recorded network. */

import { inject } from 'vitest'
import { createSimulator, type Simulator, type SimulatorEdges } from '../../../src/dev/simulator/simulator.ts'

export const keys = {
  runware: 'runware-key',
  crun: 'crun-key',
  scenario: 'scenario-key:scenario-secret',
  aimlapi: 'aimlapi-key',
  byteplus: 'byteplus-key',
  fal: 'fal-key',
}
const pace = { queuedMs: 1000, runningMs: 10_000 }
export const webhookUrl = 'https://hooks.example.test/here?t=OPAQUE'

interface SentWebhook {
  url: string
  body: unknown
  at: number
}

export interface TestSimulator {
  simulator: Simulator
  /** Every webhook call, in order. */
  webhooks: SentWebhook[]
  /** The same calls as they came. */
  posts: { text: string; headers: Headers }[]
  /** The statuses that the webhook's receiver returns, in order, then 200. `unreachable` is thrown as an error. */
  receiverStatuses: (number | 'unreachable')[]
  advance: (ms: number) => Promise<void>
  runware: (...tasks: unknown[]) => Promise<TestResponse>
  /** Polls a Runware task. */
  getStatus: (taskUUID: string) => Promise<TestResponse>
  /** Sends a GET, or with a body a POST. */
  crun: (path: string, body?: unknown) => Promise<TestResponse>
  scenario: (path: string, body?: unknown) => Promise<TestResponse>
  aimlapi: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<ResponseWithHeaders>
  /** Behind the path of the tasks. */
  byteplus: (path: string, body?: unknown) => Promise<TestResponse>
  /** Deletes a task of BytePlus. */
  remove: (taskId: string) => Promise<TestResponse>
  /** Sends a GET, or with a body a POST, to a path of the queue. */
  fal: (path: string, body?: unknown, method?: string) => Promise<TestResponse>
  get: (url: string, init?: RequestInit) => Promise<Response>
}

interface TestResponse {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: the assertions of each test check the shape
  body: any
}

interface ResponseWithHeaders extends TestResponse {
  headers: Headers
}

export function aSimulator(overrides: Partial<SimulatorEdges> = {}): TestSimulator {
  const clock = aClock()
  const webhooks: SentWebhook[] = []
  const posts: TestSimulator['posts'] = []
  const receiverStatuses: TestSimulator['receiverStatuses'] = []
  const simulator = createSimulator({
    baseUrl: 'https://simulator.example.test',
    picture: Uint8Array.from(atob(inject('picture')), (character) => character.charCodeAt(0)),
    fetch: async (request) => {
      const [{ url, headers }, text] = [request, await request.text()]
      webhooks.push({ url, body: JSON.parse(text), at: clock.now() })
      posts.push({ text, headers })
      const status = receiverStatuses.shift() ?? 200
      if (status === 'unreachable') throw new TypeError('fetch failed')
      return new Response(null, { status })
    },
    now: clock.now,
    after: clock.after,
    pace,
    keys,
    ...overrides,
  })

  const send = async (request: Request): Promise<TestResponse> => {
    const response = await simulator.fetch(request)
    return { status: response.status, body: await response.json() }
  }
  const runware = (...tasks: unknown[]) =>
    send(
      new Request('https://simulator.example.test/runware/v1', {
        method: 'POST',
        headers: { authorization: `Bearer ${keys.runware}` },
        body: JSON.stringify(tasks),
      }),
    )
  const byteplus = (path: string, init: RequestInit) =>
    send(
      new Request(`https://simulator.example.test/byteplus/api/v3/contents/generations/tasks${path}`, {
        ...init,
        headers: { authorization: `Bearer ${keys.byteplus}` },
      }),
    )
  return {
    simulator,
    webhooks,
    posts,
    receiverStatuses,
    advance: clock.advance,
    runware,
    getStatus: (taskUUID) => runware({ taskType: 'getResponse', taskUUID }),
    crun: (path, body) =>
      send(
        new Request(`https://simulator.example.test/crun/api/v1/client/${path}`, {
          headers: { 'x-api-key': keys.crun },
          ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
        }),
      ),
    scenario: (path, body) =>
      send(
        new Request(`https://simulator.example.test/scenario/v1/${path}`, {
          headers: { authorization: `Basic ${btoa(keys.scenario)}` },
          ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
        }),
      ),
    aimlapi: async (path, body, headers = {}) => {
      const response = await simulator.fetch(
        new Request(`https://simulator.example.test/aimlapi/v2/${path}`, {
          headers: { authorization: `Bearer ${keys.aimlapi}`, ...headers },
          ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
        }),
      )
      return { status: response.status, headers: response.headers, body: await response.json() }
    },
    byteplus: (path, body) =>
      byteplus(path, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    remove: (taskId) => byteplus(`/${taskId}`, { method: 'DELETE' }),
    fal: (path, body, method = body === undefined ? 'GET' : 'POST') =>
      send(
        new Request(`https://simulator.example.test/fal/${path}`, {
          method,
          headers: { authorization: `Key ${keys.fal}` },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
      ),
    get: (url, init) => simulator.fetch(new Request(url, init)),
  }
}

export function aRunwareTask(overrides: Record<string, unknown> = {}) {
  return {
    taskType: 'videoInference',
    taskUUID: crypto.randomUUID() as string,
    model: 'bytedance:seedance@2.0-mini',
    positivePrompt: 'a paper boat',
    width: 864,
    height: 496,
    duration: 5,
    webhookURL: webhookUrl,
    ...overrides,
  }
}

export function aCrunTask(input: Record<string, unknown> = {}, overrides: Record<string, unknown> = {}) {
  return {
    model: 'bytedance/seedance2-0-mini-t2v',
    callback_url: webhookUrl,
    ...overrides,
    input: { prompt: 'a paper boat', resolution: '480p', duration: 5, ...input },
  }
}

export const scenarioMini = 'generate/custom/model_bytedance-seedance-2-0-mini'

export function aScenarioJob(overrides: Record<string, unknown> = {}) {
  return {
    prompt: 'a paper boat',
    duration: 5,
    resolution: '480p',
    aspectRatio: '16:9',
    generateAudio: true,
    ...overrides,
  }
}

export const generations = 'video/generations'

export function aGeneration(overrides: Record<string, unknown> = {}) {
  return {
    model: 'bytedance/dreamina-seedance-2-0-mini',
    prompt: 'a paper boat',
    resolution: '480p',
    duration: 5,
    ...overrides,
  }
}

function aClock() {
  let now = Date.UTC(2026, 0, 1)
  let timers: { at: number; run: () => Promise<void> }[] = []
  return {
    now: () => now,
    after: (delayMs: number, run: () => Promise<void>) => {
      timers.push({ at: now + Math.max(0, delayMs), run })
    },
    advance: async (ms: number) => {
      const until = now + ms
      for (;;) {
        timers.sort((left, right) => left.at - right.at)
        const [next] = timers
        if (next === undefined || next.at > until) break
        timers = timers.slice(1)
        now = next.at
        await next.run()
      }
      now = until
    },
  }
}
