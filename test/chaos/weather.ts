/** The storm itself: life after life of the Worker, a wave of jobs with each of the first, until all is settled and told. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Channel } from './channel.ts'
import type { Conductor } from './conductor.ts'
import { type Forgery, forge } from './forger.ts'
import { openHarnessServer } from './harness-server.ts'
import { beginLife, type Life } from './life.ts'
import type { PlannedJob } from './plan.ts'
import { createPoster, type Poster } from './poster.ts'
import { seededChance } from './seeded.ts'
import type { openStage } from './stage.ts'
import type { watchSettled } from './storage.ts'
import type { Storm } from './storm.ts'

interface Weather {
  seed: number
  plan: PlannedJob[]
  /** As many lives begin with a part of the jobs. */
  waves: number
  stage: Awaited<ReturnType<typeof openStage>>
  channel: Channel
  conductor: Conductor
  settled: ReturnType<typeof watchSettled>
  storm: Storm
  say: (what: string) => void
}

const patienceMs = 12 * 60_000
const lookAtSettledEveryMs = 700
const sayEveryMs = 10_000
// After a lease has certainly run out.
const leaseAndMoreMs = 70_000
const dayAndMoreMs = 25 * 60 * 60_000
const tidyPatienceMs = 30_000
const deployBeforeLife = 4
const poisonInLives = [2, 14]

export async function weather(weather: Weather): Promise<{
  accepted: Poster['accepted']
  forgeries: Forgery[]
  lastLife: Life
  isOver: boolean
}> {
  const { seed, plan, waves, stage, channel, settled, storm, say } = weather
  const chance = seededChance(seed)
  const poster = createPoster(stage.workerUrl, stage.adminApiKey)
  const forgeries: Forgery[] = []
  const giveUpAt = Date.now() + patienceMs
  // It may reach a point before it has said that it is there.
  let begun: Promise<Life> | undefined
  const harness = await openHarnessServer({
    fault: storm.fault,
    async die(point) {
      say(`dies: ${point}`)
      storm.reach(point)
      await (await begun)?.kill()
    },
    async outlive(point) {
      say(`outlives its lease: ${point}`)
      storm.reach(point)
      await outlive(weather, await begun)
    },
  })

  for (;;) {
    const next = storm.nextLife()
    if (next.n === deployBeforeLife) {
      await stage.deploy()
      say('deployed again, with one more migration')
    }
    begun = beginLife({ ...stage.life, harnessUrl: harness.url }, next, stage.clock.offsetMs())
    const life = await begun
    void poster.post(plan.filter(({ index }) => index % waves === next.n - 1))
    if (poisonInLives.includes(next.n)) void channel.poison()
    void forge(chance, stage.simulator.tasks(), stage.sink.trapUrl, postWebhook).then((all) =>
      forgeries.push(...all),
    )
    const end = await live(weather, life, poster, next.killAfterMs, giveUpAt)
    if (end !== 'killed') {
      await settled.look()
      await tidyUp(weather, life)
      await harness.close()
      return { accepted: poster.accepted, forgeries, lastLife: life, isOver: end === 'all settled' }
    }
  }
}

type End = 'killed' | 'all settled' | 'out of patience'

/** Until it is killed, at a point or at its random moment, or nothing is left to do. */
async function live(
  { plan, stage: { clock }, conductor, settled, storm, say }: Weather,
  life: Life,
  poster: Poster,
  killAfterMs: number | null,
  giveUpAt: number,
): Promise<End> {
  const killAt = killAfterMs === null ? Number.POSITIVE_INFINITY : Date.now() + killAfterMs
  let lookAt = Date.now() + lookAtSettledEveryMs
  let sayAt = Date.now() + sayEveryMs
  while (!life.isOver()) {
    const state = await conductor.look(life.sweep)
    if (Date.now() > killAt) {
      say('killed at a random moment')
      storm.killedAtRandom()
      await life.kill()
      break
    }
    if (Date.now() > lookAt) {
      await Promise.race([settled.look(), life.over])
      lookAt = Date.now() + lookAtSettledEveryMs
    }
    if (Date.now() > sayAt && state !== null) {
      say(
        `${poster.accepted.length} accepted, ${settled.seen.size} settled, ${hoursOf(clock)} h by the clock`,
      )
      sayAt = Date.now() + sayEveryMs
    }
    if (poster.accepted.length === plan.length && state?.unsettled === 0) return 'all settled'
    if (Date.now() > giveUpAt) return 'out of patience'
  }
  return 'killed'
}

function hoursOf(clock: { offsetMs: () => number }): string {
  return (clock.offsetMs() / 3_600_000).toFixed(1)
}

/**
 * What a death left in the bucket is found when bucket and tables are compared, a day later: one round may have begun
 * before that, the next has not.
 */
async function tidyUp({ conductor, channel, stage: { clock } }: Weather, life: Life): Promise<void> {
  for (let rounds = 0; rounds < 2; rounds++) {
    await conductor.turn(dayAndMoreMs)
    const giveUpAt = Date.now() + tidyPatienceMs
    const isDue = async () => {
      const [round] = await channel.storage.select('SELECT due_at FROM reconciliations')
      return Number(round?.due_at) <= clock.now()
    }
    while (Date.now() < giveUpAt && (await isDue())) {
      life.sweep()
      await wait(200)
    }
  }
}

/** Turns the clock past the lease, and waits until the sweep has given the row to another. */
async function outlive({ conductor, channel }: Weather, life: Life | undefined): Promise<void> {
  await conductor.turn(leaseAndMoreMs)
  life?.sweep()
  const giveUpAt = Date.now() + 5_000
  while (Date.now() < giveUpAt && ((await channel.state())?.overdue ?? 0) > 0) await wait(50)
}

/** Null: nobody was there to hear it. */
async function postWebhook(method: string, url: string, body: string): Promise<number | null> {
  const response = await fetch(url, { method, body }).catch(() => null)
  await response?.body?.cancel()
  return response?.status ?? null
}
