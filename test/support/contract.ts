/**
 * Holds every answer of the Worker under test, and every event it sends, to the published description. What differs
 * is a fault of the test in which it happens.
 */
import { type Description, readDescription } from './openapi.ts'

/** Made for providers, who are given their URLs: no caller asks there. */
const doorsOfProviders = ['/webhooks/', '/uploads/']

let description: Description | null = null
let held = 0
let faults: string[] = []
const seen = new Set<string>()

/** Reads the description, once for each test file. */
export function learnContract(published: unknown): void {
  description = readDescription(published)
}

/** What differed since the last look, and how many answers and events were held to the description. */
export function takeFaults(): { held: number; faults: string[] } {
  const taken = { held, faults: [...new Set(faults)] }
  held = 0
  faults = []
  return taken
}

export async function holdAnswer({ method, url }: Request, answer: Response): Promise<void> {
  const { pathname } = new URL(url)
  const isForCallers = !doorsOfProviders.some((door) => pathname.startsWith(door))
  if (description === null || method === 'OPTIONS' || !isForCallers) return
  const { status, headers } = answer
  // Only JSON is read: a video may be large, and its reader may be slow on purpose.
  const isJson = /\bjson\b/.test(headers.get('content-type') ?? '') && method !== 'HEAD'
  const body = isJson ? await answer.clone().text() : null
  const answered = { method, path: pathname, status, headers, body }
  held += 1
  seen.add(description.nameOf(answered))
  faults.push(...description.faultsOfAnswer(answered))
}

/** The described answers that no request of this file has got yet, for example `GET /v1/jobs 422`. */
export function unseenAnswers(): string[] {
  return description?.answers.filter((name) => !seen.has(name)) ?? []
}

export async function holdEvent(request: Request): Promise<void> {
  if (description === null || !request.headers.has('webhook-signature')) return
  const body = await request.clone().text()
  held += 1
  faults.push(...description.faultsOfEvent(body))
}
