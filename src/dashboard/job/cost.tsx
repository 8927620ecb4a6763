/** The cost of a job: the estimate that it was accepted with, and the bill of each task. */
import type { JobView } from '../../core/job/view-schema.ts'
import { Facts } from '../components/facts.tsx'
import { Status } from '../components/status.tsx'
import { amountOf, costIn, costWords, sourceOf } from '../cost-words.ts'
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
        <div class="table">
          <table>
            <thead>
              <tr>
                <th scope="col">Task</th>
                <th scope="col">Status</th>
                <th scope="col">Cost</th>
                <th scope="col">Why it failed</th>
              </tr>
            </thead>
            <tbody>
              {job.tasks.map((task) => (
                <tr>
                  <td>
                    {task.provider}
                    {task.provider_task_id !== null && (
                      <div>
                        <code>{task.provider_task_id}</code>
                      </div>
                    )}
                  </td>
                  <td>
                    <Status status={task.status} />
                  </td>
                  <td>{costOf(task)}</td>
                  <td>{task.fault?.message}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

/** The estimate of the provider that made it, for the whole job. */
function estimateOf({ provider }: JobView, events: ShownJob['events']) {
  const estimates = events.find(({ type }) => type === 'job.accepted')?.data.estimates
  const known = Object.entries(estimates ?? {}).find(([name]) => name === provider)
  return costIn(known?.[1])
}

function costOf({ cost, status }: JobView['tasks'][number]) {
  if (cost !== null) {
    return (
      <>
        {amountOf(cost)} <div class="quiet">{sourceOf(cost)}</div>
      </>
    )
  }
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
