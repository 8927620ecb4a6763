/** The laws: what must hold of every job, whatever befell it. */
import type { Case, Evidence } from './evidence.ts'
import { each, type Law } from './law.ts'
import { inR2 } from './laws-of-bytes.ts'
import { ofBills } from './laws-of-money.ts'
import { ofTelling } from './laws-of-telling.ts'
import type { Row } from './storage.ts'

export async function judge(evidence: Evidence): Promise<Law[]> {
  const { cases, jobsInAll } = evidence
  return [
    {
      says: 'a post that was repeated is one job',
      checked: jobsInAll,
      breaches: jobsInAll === cases.length ? [] : [`${jobsInAll} jobs were made of ${cases.length}`],
    },
    each('every accepted job settled, exactly once', cases, settledOnce),
    each('every job ended as what befell it allows', cases, endedAsForetold),
    each('no settled job ever changed', cases, unchanged),
    ...ofTelling(evidence),
    ...ofBills(evidence),
    ...(await inR2(evidence)),
    {
      says: 'no forged webhook changed anything',
      checked: evidence.forgeries.length,
      breaches: forged(evidence),
    },
    {
      says: 'nothing is left leased, due or pending',
      checked: cases.length,
      breaches: evidence.left.map((row) => JSON.stringify(row)),
    },
  ]
}

const ends = ['job.succeeded', 'job.failed', 'job.canceled']

function settledOnce({ rows }: Case): string[] {
  const [job] = rows.jobs
  if (job === undefined) return ['there is no such row']
  const ended = rows.events.flatMap(({ type }) => (ends.includes(String(type)) ? [type] : []))
  const isOnce = ended.length === 1 && ended[0] === `job.${job.status}`
  return isOnce ? [] : [`is ${job.status}, and its timeline has ${ended.join(', ') || 'no end'}`]
}

function endedAsForetold(known: Case): string[] {
  const { plan, rows } = known
  const [job] = rows.jobs
  if (job === undefined || job.status === plan.ends || isHonestUnknown(known)) return []
  return [`is ${job.status} (${codeOf(job)}) where ${plan.ends} was due: ${plan.request.prompt}`]
}

/**
 * Cut off between the ledger line and the answer, a job cannot know whether its task was accepted, unless the provider
 * shows it: the job says so at its deadline, rather than buy again. Runware takes a repeat without making it twice, and
 * Crun shows nothing but a webhook. What the others have accepted is to be found, where they do not hide it for good.
 */
export function isHonestUnknown({ rows: { tasks }, bills }: Case): boolean {
  const unknown = tasks.filter((line) => codeOf(line) === 'submit_unknown')
  const named = tasks.map((line) => line.provider_task_id)
  const lost = bills.filter(({ taskId }) => !named.includes(taskId))
  const isHidden = lost.every(({ provider, directives }) => provider === 'crun' || directives.log === 'never')
  return unknown.length > 0 && isHidden && unknown.every(({ provider }) => provider !== 'runware')
}

function codeOf({ fault }: Row): string {
  return typeof fault === 'string' ? JSON.parse(fault).code : 'no fault'
}

// That its delivery was given up, or a nudge of it died, is news about the telling and not about the job.
const laterEvents = ['delivery.failed', 'message.dead_lettered']

function unchanged({ rows, snapshot }: Case): string[] {
  if (snapshot === undefined) return ['was never seen settled']
  const later = rows.events.filter(({ type }) => !laterEvents.includes(String(type)))
  return [
    ...changes('job', snapshot.jobs.map(withoutLateWebhooks), rows.jobs),
    ...changes('task', snapshot.tasks, rows.tasks),
    ...changes('output', snapshot.outputs, rows.outputs),
    ...changes(
      'event',
      snapshot.events.filter(({ type }) => !laterEvents.includes(String(type))),
      later,
    ),
    ...changes('delivery', snapshot.deliveries.map(whatIsTold), rows.deliveries.map(whatIsTold)),
  ]
}

/** What comes after the end is counted, and changes nothing else. */
function withoutLateWebhooks({ late_webhooks: _, late_webhook_at: __, ...job }: Row): Partial<Row> {
  return job
}

function whatIsTold({ id, event_id, event_type, url, body }: Row) {
  return { id, event_id, event_type, url, body }
}

/** A column that a later migration added is no change. */
function changes(what: string, before: Partial<Row>[], after: Partial<Row>[]): string[] {
  const isSame = (row: Partial<Row>, index: number) =>
    Object.entries(row).every(([column, value]) => after[index]?.[column] === value)
  return before.length === after.length && before.every(isSame) ? [] : [`its ${what} rows have changed`]
}

function forged({ forgeries, journaledForgeries, strays }: Evidence): string[] {
  const isFine = ({ wanted, answered }: (typeof forgeries)[number]) =>
    answered === wanted || (wanted === 200 && answered >= 500)
  const heard = forgeries.filter(({ answered }) => answered === 200).length
  return [
    ...forgeries
      .filter((forgery) => !isFine(forgery))
      .map(({ kind, answered }) => `${kind} was answered ${answered}`),
    ...(journaledForgeries > heard ? [`${journaledForgeries} are journaled, and ${heard} had a token`] : []),
    ...strays.filter((stray) => stray.includes('/trap')).map((stray) => `one was believed: ${stray}`),
  ]
}
