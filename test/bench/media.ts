/**
 * npm run bench -- media: videos of 1 MB, 100 MB and 1 GB on each of Reelhook's roads into R2, beside a bare
 * `bucket.put(key, response.body)` of as large a file in the same run, turn by turn. Ends with 1 when a promise is
 * not kept.
 *
 *   npm run bench -- media 100      one size, in megabytes
 */
import { keys } from '../../src/dev/local/stage.ts'
import { startSimulator } from '../../src/dev/simulator/server.ts'
import { type OpenRoad, openBarePut, openBareUpload, openReelhook } from './roads.ts'

/** What DESIGN.md §8 promises. */
const promised = { mostGrowthBesideMiB: 64, leastShareOfSpeed: 0.6 }

// The more there is to copy, the less chance there is in it.
const roundsOf = (megabytes: number) => (megabytes < 10 ? 25 : megabytes < 500 ? 7 : 3)
const patienceMinutes = 15

interface Measured {
  durationMs: number
  growthMiB: number
}

interface Row {
  MB: number
  road: string
  'MB/s': number
  'of bare': number | string
  'growth MiB': number
  'beside bare': number | string
  kept: string
}

const [what = 'media', ...given] = process.argv.slice(2)
if (what !== 'media') throw new Error(`there is no benchmark "${what}": npm run bench -- media [megabytes …]`)
const sizes = given.length > 0 ? given.map(Number) : [1, 100, 1_000]

await main()

async function main() {
  const stopwatch = setTimeout(() => {
    console.log(`It was not done in ${patienceMinutes} minutes: the machine is busy with something else.`)
    process.exit(1)
  }, patienceMinutes * 60_000)
  const simulator = await startSimulator({ port: 0, keys, pace: { queuedMs: 0, runningMs: 0 } })
  const rows: Row[] = []
  for (const megabytes of sizes) rows.push(...(await measure(simulator.url, megabytes)))
  await simulator.close()
  clearTimeout(stopwatch)

  console.table(rows)
  const { mostGrowthBesideMiB, leastShareOfSpeed } = promised
  console.log(
    `Promised: ${leastShareOfSpeed} of the bare speed at least, SHA-256 and all; at most ${mostGrowthBesideMiB} MiB more growth.`,
  )
  const isKept = rows.every(({ kept }) => kept !== 'no')
  console.log(isKept ? 'Kept.' : 'NOT kept.')
  process.exit(isKept ? 0 : 1)
}

/** In turns: what else the machine is doing falls on all roads alike. */
async function measure(simulatorUrl: string, megabytes: number): Promise<Row[]> {
  const video = `A long paper boat sim(megabytes=${megabytes})`
  const unannounced = `A long paper boat sim(megabytes=${megabytes}, body=chunked)`
  // The webhook comes while a video is uploaded, where a download waits for it: the road is measured without it.
  const unheard = `A long paper boat sim(megabytes=${megabytes}, webhook=lost)`
  const folder = '.wrangler/bench'
  const roads = [
    await openBarePut(`${folder}/bare`, simulatorUrl, video),
    await openReelhook(`${folder}/known`, simulatorUrl, video),
    await openReelhook(`${folder}/unknown`, simulatorUrl, unannounced),
    await openBareUpload(`${folder}/bare-upload`, simulatorUrl, video),
    await openReelhook(`${folder}/uploaded`, simulatorUrl, unheard, 'on'),
  ] as const
  const durations = roads.map((): number[] => [])
  for (let round = 0; round < roundsOf(megabytes); round += 1) {
    for (const [index, road] of roads.entries()) durations[index]?.push(await road.copy())
  }
  const sums: Measured[] = []
  for (const [index, road] of roads.entries()) sums.push(await sumUp(road, durations[index] ?? []))
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

async function sumUp(road: OpenRoad, durations: number[]): Promise<Measured> {
  const sorted = durations.toSorted((one, other) => one - other)
  return { durationMs: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, growthMiB: await road.close() }
}

function rowOf(megabytes: number, road: string, { growthMiB, durationMs }: Measured, bare?: Measured): Row {
  const row = { MB: megabytes, road, 'MB/s': Math.round((megabytes * 1_000) / durationMs) }
  const growth = { 'growth MiB': Math.round(growthMiB) }
  if (bare === undefined) return { ...row, 'of bare': '', ...growth, 'beside bare': '', kept: '' }
  const share = bare.durationMs / durationMs
  const beside = growthMiB - bare.growthMiB
  const isKept = share >= promised.leastShareOfSpeed && beside <= promised.mostGrowthBesideMiB
  return {
    ...row,
    'of bare': Math.round(share * 100) / 100,
    ...growth,
    'beside bare': Math.round(beside),
    kept: isKept ? 'yes' : 'no',
  }
}
