/** A generation that failed at a provider: why, as a fault code, and the words for it. */
import type { Evidence, Fault, FaultCode } from '../core/fault.ts'

const failureCodes = [
  'moderated',
  'provider_timeout',
  'provider_canceled',
  'generation_failed',
] as const satisfies readonly FaultCode[]

export type FailureCode = (typeof failureCodes)[number]

/** By a provider's words, where it has no code for the reason or files it under a general one. */
export function failureCodeIn(words: string): FailureCode {
  if (soundsModerated(words)) return 'moderated'
  if (/tim(e|ed|ing)[\s_-]?out|deadline exceeded|took too long/i.test(words)) return 'provider_timeout'
  if (/cancell?(ed|ation)|aborted/i.test(words)) return 'provider_canceled'
  return 'generation_failed'
}

/** `name`: the provider's own code, which is shown where it is harmless. */
export function failureFault(
  provider: string,
  code: FailureCode,
  name: string | null | undefined,
  evidence: Evidence,
): Fault {
  const shown = nameIn(name ?? '')
  return { code, message: `${sentences[code](provider)}${shown && ` (${shown})`}.`, evidence }
}

const sentences: Record<FailureCode, (provider: string) => string> = {
  moderated: (provider) => `${provider} blocked the content`,
  provider_timeout: (provider) => `The generation timed out at ${provider}`,
  provider_canceled: (provider) => `The generation was canceled at ${provider}`,
  generation_failed: (provider) => `${provider} could not make the video`,
}

/** The provider says that the video is finished, and names none. */
export function moderatedBy(provider: string): Fault {
  return {
    code: 'unreadable_answer',
    message: `${provider} says that the video is finished, and does not name it.`,
  }
}

/** A name may be shown; whatever else stands in its place, an echo of our key perhaps, may not. Empty: it is none. */
export function nameIn(text: string): string {
  return /^[\w.[\]]{1,64}$/.test(text) ? text : ''
}

function soundsModerated(words: string): boolean {
  return /moderat|content[ _]?polic|sensitive|inspection|nsfw|safety|prohibited|copyright/i.test(words)
}
