/** The ways of a video into R2, beside a bare `bucket.put` of a file of the same size. */
import { simulatedKeys } from '../../../src/dev/simulated-accounts.ts'
import { startSimulator } from '../../../src/dev/simulator/server.ts'
import { type CopyPath, openBarePut, openBareUpload, openReelhook } from '../copy-paths.ts'
import type { Plan } from '../plan.ts'
import { inTurns } from '../stage.ts'
import { type Measured, type Row, rowOf } from '../statistics.ts'

const folder = '.wrangler/bench/media'

export async function measureMedia({ rounds, mediaMegabytes }: Plan): Promise<Row[]> {
  const simulator = await startSimulator({
    port: 0,
    keys: simulatedKeys,
    pace: { queuedMs: 0, runningMs: 0 },
  })
  const rows: Row[] = []
  for (const megabytes of mediaMegabytes) {
    // Small files vary more.
    rows.push(...(await measureSize(simulator.url, megabytes, megabytes < 10 ? rounds * 5 : rounds)))
  }
  await simulator.close()
  return rows
}

async function measureSize(simulatorUrl: string, megabytes: number, rounds: number): Promise<Row[]> {
  const video = `A long paper boat sim(megabytes=${megabytes})`
  const withoutLength = `A long paper boat sim(megabytes=${megabytes}, body=chunked)`
  // The webhook arrives during an upload, but before a download, so the upload is measured without it.
  const withoutWebhook = `A long paper boat sim(megabytes=${megabytes}, webhook=lost)`
  const paths = [
    await openBarePut(`${folder}/bare`, simulatorUrl, video),
    await openReelhook(`${folder}/known`, simulatorUrl, video),
    await openReelhook(`${folder}/unknown`, simulatorUrl, withoutLength),
    await openBareUpload(`${folder}/bare-upload`, simulatorUrl, video),
    await openReelhook(`${folder}/uploaded`, simulatorUrl, withoutWebhook, 'on'),
  ]
  const measured = await inTurns(
    rounds,
    paths.map((path) => () => measureCopy(path, megabytes)),
  )
  const growths: number[] = []
  for (const path of paths) growths.push(await path.close())
  const row = (text: string, does: string, [ours, floors]: [number, number]) => {
    const growth = (growths[ours] ?? Number.NaN) - (growths[floors] ?? Number.NaN)
    const note = `memory grows ${Math.round(growth)} MiB more`
    const load = `copy of ${megabytes} MB, ${text}`
    return rowOf({ load, unit: 'MB', does, note }, measured[ours] ?? [], measured[floors] ?? [])
  }
  return [
    row('known length', 'bare put of a download', [1, 0]),
    row('unknown length', 'bare put of a download', [2, 0]),
    row('uploaded by its provider', 'bare put of an upload', [4, 3]),
  ]
}

async function measureCopy(path: CopyPath, megabytes: number): Promise<Measured> {
  const ms = await path.copy()
  return { rate: (megabytes * 1_000) / ms, times: [ms], cpuMsPerJob: null }
}
