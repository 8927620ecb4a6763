/** One delivery: what it is, what happens next, every attempt with its answer, and the body that is sent. */
import { Hono, type Context as HonoContext } from 'hono'
import type { DeliveryView } from '../../api/deliveries/view.ts'
import { type Caller, mayDo } from '../../core/access.ts'
import { formatCount } from '../../core/format.ts'
import { CodeBlock, Copyable } from '../components/code.tsx'
import { type Fact, Facts } from '../components/facts.tsx'
import { Notice, withNotice } from '../components/notice.tsx'
import { ProblemAlert } from '../components/problem.tsx'
import { Status } from '../components/status.tsx'
import { Time } from '../components/time.tsx'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import { Attempts } from './attempts.tsx'
import { isSendable, nextInWords, reasonInWords } from './words.ts'

type Delivery = DeliveryView & { body: string | null }

export const deliveryPage = new Hono<PageEnv>()
  .get('/deliveries/:id', async (c) => {
    const id = encodeURIComponent(c.req.param('id'))
    const delivery = await c.get('api').read<Delivery>(`/v1/deliveries/${id}`)
    return renderDelivery(c, delivery)
  })
  .post('/deliveries/:id/redeliver', async (c) => {
    const id = encodeURIComponent(c.req.param('id'))
    const sent = await c.get('api').send('POST', `/v1/deliveries/${id}/redeliver`)
    if (sent.ok) return c.redirect(withNotice(`/deliveries/${id}`, 'redelivered'), 303)
    const { problem } = sent
    return render(
      c,
      { title: problem.title, status: problem.status },
      <>
        <h1>It was not sent</h1>
        <ProblemAlert problem={problem} />
        <a href={`/deliveries/${id}`}>Back</a>
      </>,
    )
  })

function renderDelivery(c: HonoContext<PageEnv>, delivery: Delivery) {
  const { id, event_type, body } = delivery
  const nowMs = c.env.context.now()
  return render(
    c,
    { title: `Delivery of ${event_type}`, styles: ['deliveries'] },
    <>
      <h1>Delivery of {event_type}</h1>
      <Notice c={c} texts={{ redelivered: 'It is sent now. Reload to see the answer.' }} />
      <div class="columns">
        <section class="card">
          <h2>What happens next</h2>
          <p>
            <Status status={delivery.status} /> {delivery.reason !== null && reasonInWords(delivery.reason)}
          </p>
          <p>{nextInWords(delivery, nowMs)}</p>
          {delivery.reason === 'waiting_for_host' && (
            <p>
              <a href="/deliveries/hosts">Hosts in trouble</a>
            </p>
          )}
          {delivery.reason === 'disabled' && <WhereToEnable delivery={delivery} />}
          <div class="row">
            {isSendable(delivery) && (
              <form method="post" action={`/deliveries/${id}/redeliver`}>
                <button type="submit" class="primary">
                  {delivery.status === 'pending' ? 'Send now' : 'Send again'}
                </button>
              </form>
            )}
            <a href={`/deliveries/${id}`}>Reload</a>
          </div>
        </section>
        <section class="card">
          <h2>Details</h2>
          <Facts rows={factsOf(delivery, c.get('caller'))} />
        </section>
      </div>
      <Attempts delivery={delivery} />
      <section class="card">
        <h2>Body</h2>
        {body === null ? (
          <p>Its body is not kept any more, or cannot be shown to this key.</p>
        ) : (
          <details id="body">
            <summary>
              The exact text that every attempt signs and sends, {formatCount(body.length)} characters
            </summary>
            <CodeBlock text={body} label="the body" />
          </details>
        )}
      </section>
    </>,
  )
}

function WhereToEnable({ delivery: { endpoint_id: id } }: { delivery: Delivery }) {
  return (
    <p>
      {id === null ? (
        <a href="/deliveries/hosts">Enable the callbacks to its host</a>
      ) : (
        <a href={`/endpoints/${id}`}>Enable its endpoint</a>
      )}
    </p>
  )
}

function factsOf(delivery: Delivery, caller: Caller): Fact[] {
  const { url, endpoint_id: endpointId, job_id: jobId, event_id: eventId, next_attempt_at: at } = delivery
  const receiver = <a href={`/endpoints/${endpointId}`}>an endpoint</a>
  return [
    ['Receiver', <Copyable text={url} label="the URL" />],
    ['Sent for', endpointId === null ? 'the callback URL of the job' : receiver],
    ['Job', mayDo(caller, 'jobs:read') ? <a href={`/jobs/${jobId}`}>{jobId}</a> : jobId],
    [
      'Event',
      <>
        <Copyable text={eventId} label="the webhook-id" />
        <div class="quiet">The webhook-id of every attempt.</div>
      </>,
    ],
    ['Format', delivery.format !== 'reelhook' && delivery.format],
    ['Delivery', <Copyable text={delivery.id} label="the id" />],
    ['Created', <Time at={delivery.created_at} />],
    ['Next attempt', at !== null && <Time at={at} />],
  ]
}
