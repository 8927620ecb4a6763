/** Everything that the page of a job shows, read in one go. */
import type { Context as HonoContext } from 'hono'
import type { DeliveryView } from '../../api/deliveries/view.ts'
import { type Answer, ProblemError } from '../../api/in-process.ts'
import type { AnswerView } from '../../api/jobs/answers.ts'
import { mayDo, type Scope } from '../../core/access.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import type { PageEnv } from '../page-env.ts'
import type { JobHistory } from '../timeline/timeline.tsx'

export interface ShownJob {
  job: JobView
  events: JobHistory['events']
  /** The oldest first. Null: the caller may not see deliveries. */
  deliveries: DeliveryView[] | null
  /** There are older deliveries than these. */
  hasOlderDeliveries: boolean
  /** The list could not be read, and is empty. */
  isUnread: Record<'history' | 'deliveries', boolean>
  /** Of GET /v1/jobs/:id/answers. */
  answers: AnswerView[]
  may: (scope: Scope) => boolean
  nowMs: number
}

interface DeliveryList {
  data: DeliveryView[]
  next_cursor: string | null
}

export function pathOf(c: HonoContext<PageEnv>): string {
  return `/v1/jobs/${encodeURIComponent(c.req.param('id') ?? '')}`
}

/** Throws a `ProblemError` if there is no such job. */
export async function loadJob(c: HonoContext<PageEnv>): Promise<ShownJob> {
  const api = c.get('api')
  const path = pathOf(c)
  const may = (scope: Scope) => mayDo(c.get('caller'), scope)
  const [job, events, deliveries, answers] = await Promise.all([
    api.send<JobView>('GET', path),
    api.send<{ data: JobHistory['events'] }>('GET', `${path}/events`),
    may('deliveries') ? api.send<DeliveryList>('GET', deliveriesOf(c)) : null,
    api.send<{ data: AnswerView[] }>('GET', `${path}/answers`),
  ])
  if (!job.ok) throw new ProblemError(job.problem)
  return {
    job: job.body,
    events: listOf(events),
    deliveries: deliveries === null ? null : listOf(deliveries).toReversed(),
    hasOlderDeliveries: deliveries?.ok === true && deliveries.body.next_cursor !== null,
    answers: listOf(answers),
    isUnread: { history: !events.ok || !answers.ok, deliveries: deliveries?.ok === false },
    may,
    nowMs: c.env.context.now(),
  }
}

function deliveriesOf(c: HonoContext<PageEnv>): string {
  return `/v1/deliveries?${new URLSearchParams({ job_id: c.req.param('id') ?? '', limit: '100' })}`
}

/** A failed read leaves the rest of the page as it is: the page says what is missing. */
function listOf<Item>(answer: Answer<{ data: Item[] }>): Item[] {
  return answer.ok ? answer.body.data : []
}
