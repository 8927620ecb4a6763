/** A provider's answer, to unfold beside its bar. No I/O. */
import type { AnswerView } from '../../api/jobs/answers.ts'
import type { Shown } from './row.ts'

export function shownAnswer({
  kind,
  provider,
  received_at,
  http_status,
  body,
  truncated,
}: AnswerView): Shown {
  const what = { submission: 'Answer', status: 'Status', webhook: 'Webhook' }[kind]
  const status = http_status === null ? '' : `: HTTP ${http_status}`
  return { title: `${what} of ${provider}${status}`, at: received_at, body, truncated }
}
