/** A timeline for the examples of the description. */
import type { JobView } from '../../core/job/view-schema.ts'
import { exampleJobRequest } from './event-examples.ts'

/** The timeline of a job that succeeded with one task. */
export function exampleTimeline({ created_at, settled_at, tasks: [task] }: JobView) {
  return [
    {
      id: 'evt_01m7y129hgecwv3drza80sse4q',
      type: 'job.accepted',
      created_at,
      data: {
        model: exampleJobRequest.model,
        providers: ['runware'],
        choice: { by: 'auto' },
        estimates: { runware: { amount_usd: 0.405, source: 'price_table' } },
      },
    },
    {
      id: 'evt_01m7y12a3mecwv3dscm1hrq7sd',
      type: 'task.submitted',
      created_at: task?.submitted_at,
      data: { provider: task?.provider, provider_task_id: task?.provider_task_id },
    },
    {
      id: 'evt_01m7y12d8zecwv3dv0pd9n2k6f',
      type: 'task.succeeded',
      created_at: task?.ended_at,
      data: {
        provider: task?.provider,
        completed_via: task?.completed_via,
        cost: task?.cost,
        fault: null,
      },
    },
    {
      id: 'evt_01m7y12e4tecwv3dvtedr424pe',
      type: 'job.succeeded',
      created_at: settled_at,
      data: { outputs: 1 },
    },
  ]
}
