/** The attempts of a delivery, the latest first, each with its answer to unfold. */
import type { DeliveryView } from '../../api/deliveries/view.ts'
import { formatDuration } from '../../core/format.ts'
import { CodeBlock } from '../components/code.tsx'
import { Time } from '../components/time.tsx'
import { answerInWords } from './words.ts'

export function Attempts({ delivery: { attempts, attempt_count: count } }: { delivery: DeliveryView }) {
  return (
    <section class="card">
      <h2>{count === 1 ? '1 attempt' : `${count} attempts`}</h2>
      {attempts.length === 0 && (
        <p>{count === 0 ? 'Nothing was sent yet.' : 'The answers are not kept any more.'}</p>
      )}
      {attempts.length > 0 && attempts.length < count && (
        <p class="quiet">The latest {attempts.length} are shown.</p>
      )}
      <ol class="attempts" reversed>
        {attempts.toReversed().map((attempt) => (
          <li value={attempt.n}>
            <span class={`status ${attempt.error === null ? 'good' : 'bad'}`}>
              {attempt.error === null ? 'accepted' : 'failed'}
            </span>{' '}
            {answerInWords(attempt)}
            <div class="quiet">
              <Time at={attempt.started_at} />, after {formatDuration(attempt.duration_ms)}
            </div>
            <AnswerDetails
              id={`attempt-${attempt.n}`}
              headers={attempt.response_headers}
              body={attempt.response_body}
            />
          </li>
        ))}
      </ol>
    </section>
  )
}

interface AnswerProps {
  id: string
  headers: Record<string, string> | null
  body: string | null
}

/** Nothing, if there was no response. */
export function AnswerDetails({ id, headers, body }: AnswerProps) {
  if (headers === null && body === null) return null
  const lines = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`)
  return (
    <details id={id}>
      <summary>Answer of the receiver</summary>
      {lines.length > 0 && (
        <>
          <h3>Headers that help to find a fault</h3>
          <CodeBlock text={lines.join('\n')} label="the headers" />
        </>
      )}
      <h3>First kilobyte of the body</h3>
      {body ? <CodeBlock text={body} label="the answer" /> : <p>It is empty.</p>}
    </details>
  )
}
