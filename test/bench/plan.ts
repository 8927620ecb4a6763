/** How much of each load runs. */
import { parseArgs } from 'node:util'

const loadNames = [
  'acknowledge',
  'accept',
  'waiting',
  'alone',
  'storm-28k',
  'storm-1m',
  'whole',
  'many',
  'media',
] as const

export type LoadName = (typeof loadNames)[number]

export interface Plan {
  only: readonly LoadName[]
  rounds: number
  /** How long one side of a round of requests lasts. */
  requestsMs: number
  /** They also lend their webhooks to `acknowledge`: a job accepts 60 a minute. */
  warmUpJobs: number
  stormJobs: number
  wholeJobs: number
  manyJobs: number
  /** No further ones are posted after this time, so that a slow machine keeps the ten minutes. */
  manyMs: number
  aloneJobs: number
  waitingClients: number
  mediaMegabytes: number[]
}

const full: Omit<Plan, 'only'> = {
  rounds: 3,
  requestsMs: 2_000,
  warmUpJobs: 300,
  stormJobs: 300,
  wholeJobs: 300,
  manyJobs: 5_000,
  manyMs: 120_000,
  aloneJobs: 25,
  waitingClients: 2_000,
  mediaMegabytes: [100],
}

const quick: Omit<Plan, 'only'> = {
  rounds: 1,
  requestsMs: 1_000,
  warmUpJobs: 120,
  stormJobs: 60,
  wholeJobs: 60,
  manyJobs: 200,
  manyMs: 15_000,
  aloneJobs: 10,
  waitingClients: 200,
  mediaMegabytes: [1],
}

/** `--quick`, `--only acknowledge,storm-28k`, `--rounds 5`, `--megabytes 100,1000` */
export function readPlan(words: string[]): Plan {
  const { values } = parseArgs({
    args: words,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      megabytes: { type: 'string' },
    },
  })
  const sizes = values.quick ? quick : full
  const only = values.only === undefined ? loadNames : values.only.split(',').map(loadNamed)
  return {
    ...sizes,
    only,
    rounds: values.rounds === undefined ? sizes.rounds : Number(values.rounds),
    mediaMegabytes: values.megabytes?.split(',').map(Number) ?? sizes.mediaMegabytes,
  }
}

function loadNamed(word: string): LoadName {
  const name = loadNames.find((one) => one === word)
  if (name === undefined) throw new Error(`there is no load "${word}": ${loadNames.join(', ')}`)
  return name
}
