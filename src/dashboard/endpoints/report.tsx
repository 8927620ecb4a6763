/** The report of the receiver test: what was sent, what came back, and what should have happened. */
import type { CallbackReport } from '../../api/deliveries/test-callback.ts'
import { formatDuration } from '../../core/format.ts'
import { Status } from '../components/status.tsx'
import { Receiver } from '../deliveries/receiver.tsx'
import { answerInWords } from '../deliveries/words.ts'

type TestDelivery = CallbackReport['test_deliveries'][number]
type Result = CallbackReport['results'][number]

export function Report({ report, url }: { report: CallbackReport; url: string }) {
  const { ok, test_deliveries, results } = report
  const resultOf = (name: Result['name']) => results.find((result) => result.name === name)
  const connection = (['reachable', 'speaks_tls'] as const).flatMap((name) => resultOf(name) ?? [])
  return (
    <section aria-label="Report">
      <div class={`alert ${ok ? 'good' : 'bad'}`} role="status">
        <h2>{ok ? 'The receiver does everything right' : 'The receiver needs a correction'}</h2>
        <p>
          <Receiver url={url} />
        </p>
      </div>
      <ul class="troubles card">
        {connection.map(({ name, result, message }) => (
          <li>
            <Status status={result} /> <strong>{name === 'reachable' ? 'Connection' : 'Certificate'}:</strong>{' '}
            {message}
          </li>
        ))}
      </ul>
      <div class="table">
        <table class="stacks report">
          <thead>
            <tr>
              <th scope="col">Sent</th>
              <th scope="col">Should be</th>
              <th scope="col">Answer</th>
              <th scope="col">Result</th>
            </tr>
          </thead>
          <tbody>
            {test_deliveries.map((delivery) => (
              <Row delivery={delivery} result={resultOf(kinds[delivery.name].verdict)} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function Row({ delivery, result }: { delivery: TestDelivery; result: Result | undefined }) {
  const { sent, expected } = kinds[delivery.name]
  return (
    <tr>
      <td data-label="Sent">{sent}</td>
      <td data-label="Should be">{expected}</td>
      <td data-label="Answer">
        {delivery.duration_ms === null ? `None: ${delivery.error}` : answerInWords(delivery)}
        {delivery.duration_ms !== null && (
          <div class="quiet">after {formatDuration(delivery.duration_ms)}</div>
        )}
      </td>
      <td data-label="Result">
        {result !== undefined && (
          <>
            <Status status={result.result} />
            <div>{result.message}</div>
          </>
        )}
      </td>
    </tr>
  )
}

interface Kind {
  sent: string
  expected: string
  verdict: Result['name']
}

const kinds: Readonly<Record<TestDelivery['name'], Kind>> = {
  valid: { sent: 'A valid delivery', expected: 'Accepted, with any 2xx', verdict: 'accepts_valid' },
  forged: {
    sent: 'One whose signature is of another secret',
    expected: 'Refused, with any 4xx',
    verdict: 'refuses_forged',
  },
  stale: {
    sent: 'One that was signed an hour ago',
    expected: 'Refused, with any 4xx',
    verdict: 'refuses_stale',
  },
  duplicate: {
    sent: 'The valid one again, with the same webhook-id',
    expected: 'Accepted, and processed once',
    verdict: 'accepts_duplicate',
  },
}
