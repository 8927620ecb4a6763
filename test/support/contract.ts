/**
 * Checks every response of the Worker under test, and every event that it sends, against the published description. A
 * difference fails the test in which it happens.
 */
import { type Description, readDescription } from './openapi.ts'

/** Paths for providers, for open pages and in other dialects, which the description does not have. */
const undescribedPaths = [
  '/webhooks/',
  '/uploads/',
  '/simulator/',
  '/live/',
  '/openai/',
  '/openrouter/',
  '/mcp',
]

let description: Description | null = null
let checkedCount = 0
let faults: string[] = []
const seen = new Set<string>()

/** Reads the description, and forgets what the tests of another file have seen. */
export async function startChecking(publish: () => Promise<unknown>): Promise<void> {
  description ??= readDescription(await publish())
  seen.clear()
}

/** The differences since the last call, and the number of responses and events that were checked. */
export function takeFaults(): { checkedCount: number; faults: string[] } {
  const result = { checkedCount, faults: takeNewFaults() }
  checkedCount = 0
  return result
}

/** Only the differences. They no longer fail the test. */
export function takeNewFaults(): string[] {
  const taken = [...new Set(faults)]
  faults = []
  return taken
}

export async function checkResponse({ method, url }: Request, response: Response): Promise<void> {
  const { pathname } = new URL(url)
  const isForCallers = !undescribedPaths.some((path) => pathname.startsWith(path))
  if (description === null || method === 'OPTIONS' || !isForCallers) return
  const { status, headers } = response
  // Only JSON is read: a video can be large, and some tests read it slowly on purpose.
  const isJson = /\bjson\b/.test(headers.get('content-type') ?? '') && method !== 'HEAD'
  const body = isJson ? await response.clone().text() : null
  const received = { method, path: pathname, status, headers, body }
  checkedCount += 1
  seen.add(description.nameOf(received))
  faults.push(...description.faultsOfResponse(received))
}

/** The described responses that no request of this file has received yet, for example `GET /v1/jobs 422`. */
export function unseenResponses(): string[] {
  return description?.responses.filter((name) => !seen.has(name)) ?? []
}

export async function checkEvent(request: Request): Promise<void> {
  const id = request.headers.get('webhook-id')
  // The messages to the operator are no events.
  if (description === null || id === null || id.startsWith('alert_')) return
  const body = await request.clone().text()
  checkedCount += 1
  faults.push(...description.faultsOfEvent(body))
}
