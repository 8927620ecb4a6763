/** A caller who does not give up: a call without an answer is repeated until there is one. */
import { setTimeout as wait } from 'node:timers/promises'

export interface Answer {
  status: number
  text: string
}

const retryAfterMs = 100

/** A lost response, a 429 and a 5xx are no answer: the Worker may have done what was asked, or not. */
export async function callUntilAnswered(url: string, init: RequestInit): Promise<Answer> {
  for (;;) {
    const response = await fetch(url, init).catch(() => null)
    const text = await response?.text().catch(() => undefined)
    if (response !== null && text !== undefined && isAnswer(response))
      return { status: response.status, text }
    await wait(retryAfterMs)
  }
}

function isAnswer({ status }: Response): boolean {
  return status < 500 && status !== 429
}
