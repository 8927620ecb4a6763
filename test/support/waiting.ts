/** Clients that wait, at a Worker whose timers the test advances. */
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import { createWorker } from '../../src/worker.ts'
import { apiRequest } from './api-call.ts'
import { checkResponse } from './contract.ts'
import { type EmulatedDatabase, emulateDatabase } from './platform/database.ts'
import { world } from './world.ts'

export interface WaitingWorker {
  database: EmulatedDatabase
  /** A request of a client. The test must pass the time that it waits. */
  request: (path: string, init?: RequestInit) => Promise<Response>
  follow: (path: string, headers?: Record<string, string>) => Promise<Stream>
  /** Passes the time, in steps between which every client looks and waits again. */
  pass: (ms: number) => Promise<void>
  /** Passes the time until the promise is settled. */
  passUntil: <T>(promise: Promise<T>) => Promise<T>
}

interface Stream {
  status: number
  /** The frames until one contains the text, or until the stream ends. */
  until: (text: string) => Promise<string>
  toEnd: () => Promise<string>
  cancel: () => Promise<void>
}

export interface Frame {
  event: string
  id: string
  data: string
}

const stepMs = 250
const maxSteps = 5_000

/** It has a memory of its own, as an isolate has: its database is another binding. */
export function createWaitingWorker(
  bindings: Partial<Env> = {},
  database = emulateDatabase(env.DB, { now: world.edges.now }),
): WaitingWorker {
  const timers = new Set<{ at: number; fire: () => void }>()
  let busy = 0
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      timers.add({ at: world.edges.now() + ms, fire: resolve })
    })
  const worker = createWorker({ ...world.edges, wait })
  const bound = { ...env, DB: database.binding, ...bindings }

  const counted = async <T>(work: Promise<T>): Promise<T> => {
    busy += 1
    try {
      return await work
    } finally {
      busy -= 1
    }
  }
  /** Every client is at a timer. */
  const untilIdle = () => vi.waitUntil(() => timers.size >= busy, { timeout: 60_000, interval: 1 })
  const step = async () => {
    await untilIdle()
    await world.advance(stepMs)
    for (const timer of timers) {
      if (timer.at > world.edges.now()) continue
      timers.delete(timer)
      timer.fire()
    }
    // A timer that has fired is no longer one, so a client that looks is busy from here on.
    await untilIdle()
  }
  const passUntil = async <T>(promise: Promise<T>): Promise<T> => {
    const state = { isSettled: false }
    const settle = () => {
      state.isSettled = true
    }
    promise.then(settle, settle)
    for (let steps = 0; steps < maxSteps; steps++) {
      await Promise.race([promise.then(settle, settle), untilIdle()])
      if (state.isSettled) return promise
      await step()
    }
    throw new Error('the client waits for ever')
  }
  const respond = async (path: string, init: RequestInit) => {
    const plain = apiRequest(init.method ?? 'GET', path)
    const headers = { ...Object.fromEntries(plain.headers), ...(init.headers as Record<string, string>) }
    const request = new Request(plain.url, { ...init, headers })
    const response = await worker.fetch?.(request as never, bound, createExecutionContext())
    if (response === undefined) throw new Error('the Worker has no fetch')
    await checkResponse(request, response)
    return response
  }

  return {
    database,
    request: (path, init = {}) => counted(respond(path, init)),
    async follow(path, headers = {}) {
      return readStream(await passUntil(counted(respond(path, { headers }))), (work) =>
        passUntil(counted(work)),
      )
    },
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += stepMs) await step()
    },
    passUntil,
  }
}

function readStream(response: Response, passing: <T>(work: Promise<T>) => Promise<T>): Stream {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  const readUntil = async (isEnough: (text: string) => boolean) => {
    let text = ''
    while (!isEnough(text)) {
      const { done = true, value } = (await reader?.read()) ?? {}
      text += decoder.decode(value, { stream: true })
      if (done) break
    }
    return text
  }
  return {
    status: response.status,
    until: (wanted) => passing(readUntil((text) => text.includes(wanted))),
    toEnd: () => passing(readUntil(() => false)),
    cancel: async () => reader?.cancel(),
  }
}

/** The events of a stream, without its comments. */
export function framesOf(text: string): Frame[] {
  return text.split('\n\n').flatMap((block) => {
    const fields = Object.fromEntries(
      block.split('\n').map((line) => {
        const [, name = '', value = ''] = /^(\w*): ?(.*)$/.exec(line) ?? []
        return [name, value]
      }),
    )
    const { event, id = '', data } = fields
    return event === undefined || data === undefined ? [] : [{ event, id, data }]
  })
}
