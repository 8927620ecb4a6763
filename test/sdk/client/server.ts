/** A deployment that a test plays: one answer after the other, and the requests that were sent for them. */
import { createClient } from '../../../src/sdk/client/index.ts'

export type Answer = (request: Request) => Response | Promise<Response>

export function playing(answers: Answer[]) {
  const requests: Request[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    requests.push(request)
    const answer = answers[Math.min(requests.length, answers.length) - 1]
    if (answer === undefined) throw new Error('The test has no answer.')
    return answer(request)
  }
  return { requests, reelhook: createClient({ baseUrl: 'https://reelhook.test/', apiKey: 'rh_key', fetch }) }
}

export const lost: Answer = () => Promise.reject(new TypeError('fetch failed'))

/** The headers arrive, and the body breaks off. */
export const broken: Answer = () =>
  new Response(brokenAfter('{"id": "jo'), { headers: { 'content-type': 'application/json' } })

export function brokenAfter(text: string | Uint8Array): ReadableStream<Uint8Array> {
  let isFirst = true
  return new ReadableStream({
    pull(controller) {
      if (!isFirst) return controller.error(new TypeError('terminated'))
      isFirst = false
      controller.enqueue(typeof text === 'string' ? new TextEncoder().encode(text) : text)
    },
  })
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return () => Response.json(body, { status, headers })
}

export function problem(status: number, code: string, headers: Record<string, string> = {}): Answer {
  return json({ code, detail: `It is ${code}.`, request_id: 'req_1', status }, status, headers)
}

export function stream(...frames: string[]): Answer {
  return () => new Response(frames.join(''), { headers: { 'content-type': 'text/event-stream' } })
}
