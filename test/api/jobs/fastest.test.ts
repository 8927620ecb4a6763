/** The provider `fastest`: by the times that the database has measured. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { minMeasuredTasks } from '../../../src/core/choice/measured-times.ts'
import { bucketOf } from '../../../src/core/histogram.ts'
import { sellerNames } from '../../../src/core/request/choices.ts'
import { openDatabase } from '../../../src/store/database.ts'
import { foldCounters } from '../../../src/store/upkeep/totals.ts'
import { apiRequest } from '../../support/api-call.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import {
  aRequest,
  eventOf,
  getJob,
  post,
  postJob,
  untilStatus,
  untilSubmitted,
} from '../../support/reelhook.ts'
import { select, writeElsewhere } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

const hours = 60 * 60_000
const { now } = world.edges

/** Tasks of the request of these tests, of jobs that were created so many hours ago. */
async function measured(
  provider: string,
  ms: number,
  { hoursAgo = 1, tasks = minMeasuredTasks, project = '' } = {},
) {
  const hourAt = now() - (now() % hours) - hoursAgo * hours
  await writeElsewhere(
    "INSERT INTO counters VALUES (?, ?, 'seedance-2.0-mini', ?, ?)",
    hourAt,
    provider,
    project,
    JSON.stringify({ succeeded: tasks, [`made_480p_${bucketOf(ms)}`]: tasks }),
  )
}

/** As the cron does hourly. By then the isolate has forgotten what it knew. */
async function measure() {
  await world.advance(hours)
  await foldCounters(openDatabase(env.DB), now())
}

const aimlapiFirst = ['aimlapi', ...sellerNames.filter((name) => name !== 'aimlapi')]
const forgetAll = () => writeElsewhere('DELETE FROM counters')

describe('the provider fastest', () => {
  it('is that of auto while too few tasks are measured, and the job says so', async () => {
    await measured('crun', 10_000, { tasks: minMeasuredTasks - 1 })
    await measure()
    const { id, provider } = await postJob({ provider: 'fastest' })
    expect(provider).toBe('runware')
    expect((await eventOf(id, 'job.accepted'))?.choice).toEqual({ by: 'fastest' })
  })

  it('has the shortest median of seven days, over all hours and projects', async () => {
    await forgetAll()
    await measured('runware', 90_000)
    await measured('crun', 10_000, { hoursAgo: 24 * 7 })
    await measured('aimlapi', 40_000, { hoursAgo: 2, tasks: minMeasuredTasks - 1 })
    await measured('aimlapi', 40_000, { hoursAgo: 150, tasks: 1, project: 'shop' })
    await measure()
    const { id, provider } = await postJob({ provider: 'fastest' })
    expect(provider).toBe('aimlapi')
    expect(await eventOf(id, 'job.accepted')).toMatchObject({
      providers: aimlapiFirst,
      choice: {
        by: 'fastest',
        measured: [
          { provider: 'aimlapi', median_seconds: expect.closeTo(40, -1), tasks: minMeasuredTasks },
          { provider: 'runware', tasks: minMeasuredTasks },
        ],
      },
    })
    expect((await getJob(id)).request.provider).toBe('fastest')
  })

  it('orders the estimates too', async () => {
    const response = await post('/v1/estimates', aRequest({ provider: 'fastest' }))
    const { data } = await response.json<{ data: { provider: string }[] }>()
    expect(data.map(({ provider }) => provider)).toEqual(aimlapiFirst)
  })
})

it('a job counts how long its provider took, from its submission', async () => {
  await forgetAll()
  const { id } = await postJob({ provider: 'crun' })
  await untilSubmitted(id)
  await world.advance(10_000)
  await untilStatus(id, 'succeeded')
  const [row] = await select<{ counts: string }>("SELECT counts FROM counters WHERE provider = 'crun'")
  const names = Object.keys(JSON.parse(row?.counts ?? '{}')).filter((name) => name.startsWith('made_'))
  expect(names).toEqual([`made_480p_${bucketOf(10_000)}`])
})

describe('what a selection costs', () => {
  it('one statement and a few rows, whatever the counters have, and nothing for the next jobs', async () => {
    await writeElsewhere(`INSERT INTO counters
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
      SELECT i * 3600000, 'crun', 'seedance-2.0-mini', 'project ' || i, '{"made_480p_55":3}' FROM n`)
    await measure()
    const worker = createMeteredWorker()
    const costOf = async (provider: string) => {
      const before = worker.bill()
      const accepted = await worker.fetch(apiRequest('POST', '/v1/jobs', aRequest({ provider })))
      expect(accepted.status).toBe(202)
      const after = worker.bill()
      return { trips: after.roundTrips - before.roundTrips, read: after.rowsRead - before.rowsRead }
    }
    // The isolate asks for its owners and the size of the database first.
    await costOf('runware')
    const named = await costOf('runware')
    const first = await costOf('fastest')
    expect(first.trips).toBe(named.trips + 1)
    expect(first.read - named.read).toBeLessThanOrEqual(3)
    expect(await costOf('fastest')).toEqual(named)
    expect(await costOf('auto')).toEqual(named)
  })
})
