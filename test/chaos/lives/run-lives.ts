/** The storm itself: one life of the Worker after the other, until every job is settled and every caller notified. */
import { setTimeout as wait } from 'node:timers/promises'
import type { SimulatedTask } from '../../../src/dev/simulator/task.ts'
import { indexIn, type PlannedJob } from '../plan-jobs.ts'
import { seededRandom } from '../random.ts'
import type { Storm } from '../storm.ts'
import type { Canceler } from '../world/cancel-jobs.ts'
import { type Forgery, sendForgeries } from '../world/forged-webhooks.ts'
import { type AcceptedJob, createPoster } from '../world/post-jobs.ts'
import type { Stage } from '../world/stage.ts'
import type { ClockDriver } from './advance-clock.ts'
import { type Arrivals, planArrivals } from './arrivals.ts'
import type { Channel, WorkerState } from './channel.ts'
import { openHarnessServer, type Reports } from './harness-server.ts'
import { type Life, startLife } from './life.ts'
import type { watchSettled } from './storage.ts'

interface StormSettings {
  seed: number
  plan: PlannedJob[]
  /** Most jobs come in this many parts, one at the start of each of the first lives. */
  waves: number
  stage: Stage
  canceler: Canceler
  channel: Channel
  clockDriver: ClockDriver
  settled: ReturnType<typeof watchSettled>
  storm: Storm
  print: (line: string) => void
}

const timeLimitMs = 12 * 60_000
const checkSettledEveryMs = 700
const printEveryMs = 10_000
// Longer than any lease.
const leaseExpiredMs = 70_000
const overOneDayMs = 25 * 60 * 60_000
const reconcileTimeLimitMs = 30_000
const deployBeforeLife = 4
const poisonInLives = [2, 14]

export async function runLives(settings: StormSettings): Promise<{
  accepted: AcceptedJob[]
  forgeries: Forgery[]
  lastLife: Life
  isOver: boolean
}> {
  const { seed, plan, waves, stage, canceler, channel, settled, storm, print } = settings
  const random = seededRandom(seed)
  const { accepted, post } = createPoster(stage.workerUrl, stage.adminApiKey, canceler.accept)
  const arrivals = planArrivals(plan, waves, post)
  const forgeries: Forgery[] = []
  const giveUpAt = Date.now() + timeLimitMs
  // A life may reach a point before `startLife` has its URL.
  let starting: Promise<Life> | undefined
  const harness = await openHarnessServer({
    call: storm.call,
    fault: storm.fault,
    request: (sent) => seeRequest(settings, sent),
    async kill(point) {
      print(point)
      storm.reach(point)
      await (await starting)?.kill()
    },
    async outliveLease(point) {
      print(point)
      storm.reach(point)
      await expireLease(settings, await starting)
    },
  })

  for (;;) {
    const next = storm.nextLife()
    if (next.n === deployBeforeLife) {
      await stage.deploy()
      print('deployed again, with one more migration')
    }
    starting = startLife({ ...stage.life, harnessUrl: harness.url }, next, stage.clock.offsetMs())
    const life = await starting
    arrivals.begin(next)
    if (poisonInLives.includes(next.n)) void channel.poison()
    void sendForgeries(random, stage.simulator.tasks(), stage.callers.trapUrl, sendForgery).then((sent) =>
      forgeries.push(...sent),
    )
    const killAt = next.killAfterMs === null ? Number.POSITIVE_INFINITY : Date.now() + next.killAfterMs
    const end = await live(settings, life, accepted, { arrivals, killAt, giveUpAt })
    if (end !== 'killed') {
      await settled.check()
      await reconcile(settings, life)
      await harness.close()
      return { accepted, forgeries, lastLife: life, isOver: end === 'settled' }
    }
  }
}

/** A moment at which a caller may cancel the job. */
async function seeRequest(
  { stage, canceler, storm }: StormSettings,
  sent: Parameters<Reports['request']>[0],
): Promise<void> {
  if (sent.kind === 'downloading') {
    const isIts = ({ outputs }: SimulatedTask) => outputs.some(({ outputId }) => outputId === sent.outputId)
    const index = indexIn(JSON.stringify(stage.simulator.tasks().find(isIts)?.request ?? '')) ?? -1
    void canceler.reach(index, 'ending')
    return canceler.reach(index, 'storing')
  }
  storm.request(sent)
  if (sent.kind === 'notified') void canceler.reach(sent.index, 'ended')
  if (sent.kind === 'submitted') await canceler.reach(sent.index, 'submitting')
}

type End = 'killed' | 'settled' | 'timed_out'

/** Until the life is killed, at a point or at its random moment, or until nothing is left to do. */
async function live(
  settings: StormSettings,
  life: Life,
  accepted: readonly AcceptedJob[],
  { arrivals, killAt, giveUpAt }: { arrivals: Arrivals; killAt: number; giveUpAt: number },
): Promise<End> {
  const { plan, clockDriver, settled, storm, print } = settings
  const isCheckDue = every(checkSettledEveryMs)
  const isPrintDue = every(printEveryMs)
  while (!life.isOver()) {
    const state = await clockDriver.check(life.sweep)
    if (Date.now() > killAt) {
      print('killed at a random moment')
      storm.killedAtRandom()
      await life.kill()
      break
    }
    if (isCheckDue()) await Promise.race([settled.check(), life.over])
    arrivals.see(settled.snapshots.size)
    if (state !== null && isPrintDue()) print(progressOf(settings, accepted))
    if (accepted.length === plan.length && state !== null && isDone(state)) return 'settled'
    if (Date.now() > giveUpAt) return 'timed_out'
  }
  return 'killed'
}

/** Also of the tasks of canceled jobs, which no row waits for. */
function isDone({ unsettled, running, waiting }: WorkerState): boolean {
  return unsettled + running + waiting === 0
}

function every(ms: number): () => boolean {
  let at = Date.now() + ms
  return () => {
    if (Date.now() <= at) return false
    at = Date.now() + ms
    return true
  }
}

function progressOf({ settled, stage }: StormSettings, accepted: readonly AcceptedJob[]): string {
  const hours = (stage.clock.offsetMs() / 3_600_000).toFixed(1)
  return `${accepted.length} accepted, ${settled.snapshots.size} settled, clock ${hours} h ahead`
}

/**
 * The daily reconciliation deletes the objects that a killed step left in the bucket. One run may have started before
 * the last kill, so the second one counts.
 */
async function reconcile(
  { clockDriver, channel, stage: { clock } }: StormSettings,
  life: Life,
): Promise<void> {
  for (let runs = 0; runs < 2; runs++) {
    await clockDriver.advance(overOneDayMs)
    const giveUpAt = Date.now() + reconcileTimeLimitMs
    const isDue = async () => {
      const [row] = await channel.storage.select("SELECT due_at FROM reconciliations WHERE name = 'storage'")
      return Number(row?.due_at) <= clock.now()
    }
    while (Date.now() < giveUpAt && (await isDue())) {
      life.sweep()
      await wait(200)
    }
  }
}

/** Advances the clock past the lease and waits until the sweep has given the row to another worker. */
async function expireLease({ clockDriver, channel }: StormSettings, life: Life | undefined): Promise<void> {
  await clockDriver.advance(leaseExpiredMs)
  life?.sweep()
  const giveUpAt = Date.now() + 5_000
  while (Date.now() < giveUpAt && ((await channel.state())?.overdue ?? 0) > 0) await wait(50)
}

/** Null: no Worker responded. */
async function sendForgery(method: string, url: string, body: string): Promise<number | null> {
  const response = await fetch(url, { method, body }).catch(() => null)
  await response?.body?.cancel()
  return response?.status ?? null
}
