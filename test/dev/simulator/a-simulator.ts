/** A whole simulator with nothing real around it: a clock that is turned by hand, and a recorded network. */

import { inject } from 'vitest'
import { createSimulator, type Simulator, type SimulatorEdges } from '../../../src/dev/simulator/simulator.ts'

export const keys = {
  runware: 'runware-key',
  crun: 'ak_crun-key',
  scenario: 'scenario-key:scenario-secret',
  aimlapi: 'aimlapi-key',
}
const pace = { queuedMs: 1000, runningMs: 10_000 }
export const webhookUrl = 'https://hooks.example.test/here?t=OPAQUE'

interface Ringing {
  url: string
  body: unknown
  at: number
}

export interface Stand {
  simulator: Simulator
  /** Every webhook call, in order. */
  heard: Ringing[]
  /** What the webhook's receiver answers, for each call the first left, else 200. A string is thrown. */
  answers: (number | 'unreachable')[]
  advance: (ms: number) => Promise<void>
  runware: (...tasks: unknown[]) => Promise<Answer>
  /** Asks how a Runware task is. */
  look: (taskUUID: string) => Promise<Answer>
  crun: (path: string, body?: unknown) => Promise<Answer>
  /** GET, or with a body POST. */
  scenario: (path: string, body?: unknown) => Promise<Answer>
  aimlapi: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<HeadedAnswer>
  get: (url: string, init?: RequestInit) => Promise<Response>
}

interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test says in each assertion what it expects to find
  body: any
}

interface HeadedAnswer extends Answer {
  headers: Headers
}

export function aSimulator(overrides: Partial<SimulatorEdges> = {}): Stand {
  const clock = aClock()
  const heard: Ringing[] = []
  const answers: Stand['answers'] = []
  const simulator = createSimulator({
    baseUrl: 'https://simulator.example.test',
    picture: Uint8Array.from(atob(inject('picture')), (character) => character.charCodeAt(0)),
    fetch: async (request) => {
      heard.push({ url: request.url, body: await request.json(), at: clock.now() })
      const answer = answers.shift() ?? 200
      if (answer === 'unreachable') throw new TypeError('fetch failed')
      return new Response(null, { status: answer })
    },
    now: clock.now,
    after: clock.after,
    pace,
    keys,
    ...overrides,
  })

  const send = async (request: Request): Promise<Answer> => {
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
  return {
    simulator,
    heard,
    answers,
    advance: clock.advance,
    runware,
    look: (taskUUID) => runware({ taskType: 'getResponse', taskUUID }),
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
