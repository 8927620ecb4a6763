/** An unknown submission whose provider does not respond right at the deadline. */
import { describe, expect, it } from 'vitest'
import { postMarked } from '../../support/bills.ts'
import { passTimeUntil, untilJob } from '../../support/reelhook.ts'
import { simulatorUrl, world } from '../../support/world.ts'

const isSettled = ({ settled_at }: { settled_at: string | null }) => settled_at !== null

/** Every request to such a URL gets this response until that time. */
function refuseUntil(endsAt: number, prefix: string, status: number): void {
  world.answerNext(prefix, (request) => {
    if (world.edges.now() >= endsAt) return world.simulator.fetch(request)
    refuseUntil(endsAt, prefix, status)
    return Response.json({ code: status, message: 'No.' }, { status })
  })
}

describe.each([
  ['aimlapi', 'aimlapi/v2/logs'],
  ['scenario', 'scenario/v1/jobs'],
  ['runware', 'runware'],
  ['crun', 'crun/api/v1/client/job/TaskInfo'],
])('%s', (provider, path) => {
  it.each([401, 422, 429, 500])(
    'is asked for some more minutes after responding with %i at the deadline',
    async (status) => {
      const { id, bills } = await postMarked('submit=504-after, seconds=30', {
        provider,
        deadline_seconds: 300,
      })
      const { deadline_at } = await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
      refuseUntil(Date.parse(deadline_at) + 60_000, `${simulatorUrl}/${path}`, status)
      const job = await passTimeUntil(id, isSettled)
      expect(job, JSON.stringify(job.fault)).toMatchObject({ status: 'succeeded' })
      expect(bills()).toHaveLength(1)
    },
  )
})
