/** The cost of a job: the estimate that it was accepted with, and the bill of each task. */
import type { JobView } from '../../core/job/view-schema.ts'
import { type Fact, Facts } from '../components/facts.tsx'
import { Status } from '../components/status.tsx'
import { costIn, costWords } from '../cost-words.ts'
import type { ShownJob } from './load.ts'

export function JobCost({ shown: { job, events } }: { shown: ShownJob }) {
  const estimate = estimateOf(job, events)
  return (
    <section id="cost" data-live class="card" aria-labelledby="cost-title">
      <h2 id="cost-title">Cost</h2>
      <Facts
        rows={[
          [
            job.settled_at === null ? 'Expected' : 'In all',
            job.cost === null ? 'Unknown: a provider has not reported its part.' : costWords(job.cost),
          ],
          [
            'Estimated',
            estimate === null
              ? `No price of ${job.provider} was known before.`
              : `${costWords(estimate)}, before it was sent`,
          ],
        ]}
      />
      {job.tasks.length > 0 && (
        <ol class="tasks">
          {job.tasks.map((task) => (
            <li>
              <Facts rows={factsOf(task)} />
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

function factsOf(task: JobView['tasks'][number]): Fact[] {
  return [
    [
      'Task',
      <>
        {task.provider} {task.provider_task_id !== null && <code>{task.provider_task_id}</code>}
      </>,
    ],
    ['Status', <Status status={task.status} />],
    ['Cost', costOf(task)],
    ['Why it failed', task.fault?.message],
  ]
}

/** The estimate of the provider that made it, for the whole job. */
export function estimateOf({ provider }: JobView, events: ShownJob['events']) {
  const estimates = events.find(({ type }) => type === 'job.accepted')?.data.estimates
  const known = Object.entries(estimates ?? {}).find(([name]) => name === provider)
  return costIn(known?.[1])
}

function costOf({ cost, status }: JobView['tasks'][number]): string {
  if (cost !== null) return costWords(cost)
  switch (status) {
    case 'preparing':
    case 'deferred':
    case 'rejected':
      return 'Nothing was bought'
    case 'intended':
    case 'submitted':
    case 'unknown':
    case 'succeeded':
    case 'failed':
      return 'Not reported'
  }
}
