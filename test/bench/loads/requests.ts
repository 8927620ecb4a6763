/** Single requests with idle queues: acknowledging webhooks and accepting jobs, beside the smallest routes. */
import type { SubmittedJob } from '../jobs.ts'
import { measureRequests } from '../measure.ts'
import type { AnyRequest } from '../send-requests.ts'
import { inTurns, type Stage } from '../stage.ts'
import { type Row, rowOf } from '../statistics.ts'
import type { Subject } from '../subjects.ts'

/**
 * The jobs are those of a Worker with the same secret, and this Worker's database does not know them: the webhook route
 * reads no row. A job accepts 60 webhooks a minute.
 */
export async function measureAcknowledge(stage: Stage, jobs: SubmittedJob[]): Promise<Row[]> {
  const { idleReelhook, idleFloor, plan } = stage
  const webhook = webhooksTo(idleReelhook, jobs)
  const { body } = webhook(0)
  const { requestsMs, rounds } = plan
  const floorRoute = (path: string) => () =>
    measureRequests(idleFloor, requestsMs, {
      one: () => ({ url: `${idleFloor.url}${path}`, body }),
      status: 200,
    })
  const [acknowledged = [], empty = [], send = []] = await inTurns(rounds, [
    () => measureRequests(idleReelhook, requestsMs, { one: webhook, status: 200 }),
    floorRoute('/empty'),
    floorRoute('/send'),
  ])
  const row = { load: 'acknowledge, alone', unit: 'webhooks' }
  return [
    rowOf({ ...row, does: 'empty route' }, acknowledged, empty),
    rowOf({ ...row, does: 'queue.send' }, acknowledged, send),
  ]
}

/** The webhooks of these jobs, in turns, to another Worker. */
export function webhooksTo({ url }: Subject, jobs: SubmittedJob[]): (n: number) => AnyRequest {
  const webhooks = jobs.map(({ webhook }): AnyRequest => {
    const { pathname } = new URL(webhook.url)
    return { ...webhook, url: `${url}${pathname}` }
  })
  return (n) => webhooks[n % webhooks.length] ?? { url: '', body: '' }
}

export async function measureAccept(stage: Stage): Promise<Row[]> {
  const { idleReelhook, idleFloor, receiver, plan } = stage
  const { requestsMs, rounds } = plan
  const job = { prompt: 'A paper boat drifts down a rainy gutter', callbackUrl: receiver.url }
  const post = (n: number) => idleReelhook.jobRequest(n, job)
  const insert = () => ({ url: `${idleFloor.url}/insert`, body: post(0).body })
  const [accepted = [], inserted = []] = await inTurns(rounds, [
    () => measureRequests(idleReelhook, requestsMs, { one: post, status: 202 }),
    () => measureRequests(idleFloor, requestsMs, { one: insert, status: 200 }),
  ])
  const row = { load: 'accept, alone', unit: 'POSTs', does: 'one D1 insert' }
  return [rowOf(row, accepted, inserted)]
}
