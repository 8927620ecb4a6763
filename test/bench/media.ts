/**
 * npm run bench -- media: copies videos of 1 MB, 100 MB and 1 GB into R2 in each of Reelhook's ways, and compares each way
 * with a bare `bucket.put(key, response.body)` of a file of the same size in the same run. It exits with 1 if a promise is
 * broken.
 *
 *   npm run bench -- media 100      one size, in megabytes
 */
import { keys } from '../../src/dev/local/stage.ts'
import { startSimulator } from '../../src/dev/simulator/server.ts'
import { type CopyPath, openBarePut, openBareUpload, openReelhook } from './copy-paths.ts'

/** The promises of the design. */
const promised = { maxExtraGrowthMiB: 64, minSpeedShare: 0.6 }

// Larger files vary less, so they need fewer rounds.
const roundsOf = (megabytes: number) => (megabytes < 10 ? 25 : megabytes < 500 ? 7 : 3)
const timeoutMinutes = 15

interface Measured {
  durationMs: number
  growthMiB: number
}

interface Row {
  MB: number
  path: string
  'MB/s': number
  'of bare': number | string
  'growth MiB': number
  'extra MiB': number | string
  kept: string
}

const [what = 'media', ...given] = process.argv.slice(2)
if (what !== 'media') throw new Error(`there is no benchmark "${what}": npm run bench -- media [megabytes …]`)
const sizes = given.length > 0 ? given.map(Number) : [1, 100, 1_000]

await main()

async function main() {
  const timeout = setTimeout(() => {
    console.log(`It did not end within ${timeoutMinutes} minutes: the machine is busy.`)
    process.exit(1)
  }, timeoutMinutes * 60_000)
  const simulator = await startSimulator({ port: 0, keys, pace: { queuedMs: 0, runningMs: 0 } })
  const rows: Row[] = []
  for (const megabytes of sizes) rows.push(...(await measure(simulator.url, megabytes)))
  await simulator.close()
  clearTimeout(timeout)

  console.table(rows)
  const { maxExtraGrowthMiB, minSpeedShare } = promised
  console.log(
    `Promised: at least ${minSpeedShare} of the bare speed, SHA-256 included; at most ${maxExtraGrowthMiB} MiB more growth.`,
  )
  const isKept = rows.every(({ kept }) => kept !== 'no')
  console.log(isKept ? 'Kept.' : 'NOT kept.')
  process.exit(isKept ? 0 : 1)
}

/** The paths take turns, so that other load on the machine affects all of them equally. */
async function measure(simulatorUrl: string, megabytes: number): Promise<Row[]> {
  const video = `A long paper boat sim(megabytes=${megabytes})`
  const withoutLength = `A long paper boat sim(megabytes=${megabytes}, body=chunked)`
  // The webhook arrives during an upload, but before a download, so the upload is measured without it.
  const withoutWebhook = `A long paper boat sim(megabytes=${megabytes}, webhook=lost)`
  const folder = '.wrangler/bench'
  const paths = [
    await openBarePut(`${folder}/bare`, simulatorUrl, video),
    await openReelhook(`${folder}/known`, simulatorUrl, video),
    await openReelhook(`${folder}/unknown`, simulatorUrl, withoutLength),
    await openBareUpload(`${folder}/bare-upload`, simulatorUrl, video),
    await openReelhook(`${folder}/uploaded`, simulatorUrl, withoutWebhook, 'on'),
  ] as const
  const durations = paths.map((): number[] => [])
  for (let round = 0; round < roundsOf(megabytes); round += 1) {
    for (const [index, path] of paths.entries()) durations[index]?.push(await path.copy())
  }
  const sums: Measured[] = []
  for (const [index, path] of paths.entries()) sums.push(await summarize(path, durations[index] ?? []))
  const [bare, known, unknown, bareUpload, uploaded] = sums as [
    Measured,
    Measured,
    Measured,
    Measured,
    Measured,
  ]
  return [
    rowOf(megabytes, 'bare bucket.put(key, response.body)', bare),
    rowOf(megabytes, 'Reelhook, known length', known, bare),
    rowOf(megabytes, 'Reelhook, unknown length', unknown, bare),
    rowOf(megabytes, 'bare bucket.put(key, request.body)', bareUpload),
    rowOf(megabytes, 'Reelhook, uploaded by its provider', uploaded, bareUpload),
  ]
}

async function summarize(path: CopyPath, durations: number[]): Promise<Measured> {
  const sorted = durations.toSorted((one, other) => one - other)
  return { durationMs: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, growthMiB: await path.close() }
}

function rowOf(megabytes: number, path: string, { growthMiB, durationMs }: Measured, bare?: Measured): Row {
  const row = { MB: megabytes, path, 'MB/s': Math.round((megabytes * 1_000) / durationMs) }
  const growth = { 'growth MiB': Math.round(growthMiB) }
  if (bare === undefined) return { ...row, 'of bare': '', ...growth, 'extra MiB': '', kept: '' }
  const share = bare.durationMs / durationMs
  const extra = growthMiB - bare.growthMiB
  const isKept = share >= promised.minSpeedShare && extra <= promised.maxExtraGrowthMiB
  return {
    ...row,
    'of bare': Math.round(share * 100) / 100,
    ...growth,
    'extra MiB': Math.round(extra),
    kept: isKept ? 'yes' : 'no',
  }
}
