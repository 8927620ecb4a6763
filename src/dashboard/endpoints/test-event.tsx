/** Sends an endpoint an example event, and shows its answer. */
import type { EndpointTest } from '../../api/endpoints/test-endpoint.ts'
import type { EndpointView } from '../../api/endpoints/view.ts'
import type { Answer } from '../../api/in-process.ts'
import { formatDuration } from '../../core/format.ts'
import { ProblemAlert } from '../components/problem.tsx'
import { AnswerDetails } from '../deliveries/attempts.tsx'
import { answerInWords } from '../deliveries/words.ts'

interface Props {
  endpoint: EndpointView
  test: Answer<EndpointTest> | undefined
}

export function TestEvent({ endpoint: { id, event_types }, test }: Props) {
  return (
    <section class="card" id="test">
      <h2>Send a test event</h2>
      <form method="post" action={`/endpoints/${id}/test#test`} class="row">
        <select name="event_type" aria-label="Event">
          {event_types.map((type) => (
            <option value={type} selected={test?.ok && test.body.event_type === type}>
              {type}
            </option>
          ))}
        </select>
        <button type="submit">Send the example</button>
      </form>
      <p class="quiet">One signed example with "test": true. It is not stored and not tried again.</p>
      {test !== undefined &&
        (test.ok ? <TestAnswer test={test.body} /> : <ProblemAlert problem={test.problem} />)}
    </section>
  )
}

function TestAnswer({ test }: { test: EndpointTest }) {
  const { verdict, duration_ms, response_headers, response_body } = test
  return (
    <div class={`alert ${verdict === 'delivered' ? 'good' : 'bad'}`} role="status">
      <h3>{meanings[verdict]}</h3>
      <p>
        {verdict === 'not_sent' ? `Not sent: ${test.error}` : answerInWords(test)}, after{' '}
        {formatDuration(duration_ms)}
      </p>
      <AnswerDetails id="test-answer" headers={response_headers} body={response_body} />
    </div>
  )
}

const meanings: Readonly<Record<EndpointTest['verdict'], string>> = {
  delivered: 'It accepts the event',
  refused: 'It refuses the event. A delivery would be tried again',
  gone: 'It wants no more events (410). A delivery would fail at once',
  aborted: 'It refuses the event for good. A delivery would fail at once',
  no_response: 'No response came. A delivery would be tried again',
  not_sent: 'Nothing was sent',
}
