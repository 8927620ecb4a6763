/** Failed generations as faults: the code, and a message that shows nothing secret. */
import { type Evidence, type Fault, type FaultCode, fault } from '../core/fault.ts'
import type { Outcome } from './provider.ts'

const failureCodes = [
  'moderated',
  'provider_timeout',
  'provider_canceled',
  'generation_failed',
] as const satisfies readonly FaultCode[]

export type FailureCode = (typeof failureCodes)[number]

/** Classifies a provider's text, for providers that have no code for the reason, or only a general one. */
export function failureCodeIn(text: string): FailureCode {
  if (mentionsModeration(text)) return 'moderated'
  if (/tim(e|ed|ing)[\s_-]?out|deadline exceeded|took too long/i.test(text)) return 'provider_timeout'
  if (/cancell?(ed|ation)|aborted/i.test(text)) return 'provider_canceled'
  return 'generation_failed'
}

/** `name`: the provider's error code. The message shows it if it is a plain name. */
export function failureFault(
  provider: string,
  code: FailureCode,
  name: string | null | undefined,
  evidence: Evidence,
): Fault {
  const shown = nameIn(name ?? '')
  return fault(code, `${sentences[code](provider)}${shown && ` (${shown})`}.`, { evidence })
}

const sentences: Record<FailureCode, (provider: string) => string> = {
  moderated: (provider) => `${provider} blocked the content`,
  provider_timeout: (provider) => `The generation timed out at ${provider}`,
  provider_canceled: (provider) => `The generation was canceled at ${provider}`,
  generation_failed: (provider) => `${provider} could not make the video`,
}

/** The provider reports success without a video. It is polled again, until the job's deadline. */
export function finishedWithoutVideo(provider: string): Extract<Outcome, { state: 'pending' }> {
  return { state: 'pending', finished: [], faults: [], withheld: missingVideoFault(provider) }
}

export function missingVideoFault(provider: string): Fault {
  return fault('unreadable_answer', `${provider} reports a finished video but does not name it.`)
}

/** The text if it is a plain name, else ''. Anything else may contain a secret, such as an echo of our key. */
export function nameIn(text: string): string {
  return /^[\w.[\]]{1,64}$/.test(text) ? text : ''
}

function mentionsModeration(text: string): boolean {
  return /moderat|content[ _]?polic|sensitive|inspection|nsfw|safety|prohibited|copyright/i.test(text)
}
