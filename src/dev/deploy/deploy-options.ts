/** The options of `npm run deploy`. */
import { parseArgs } from 'node:util'
import { shardCounts } from '../../core/shards.ts'
import { type Location, locations } from './account-resources.ts'

export interface DeployOptions {
  /** `deploy`, or what to do instead. */
  task: 'deploy' | 'dry-run' | 'smoke-test'
  /** `production`, or the name of another deployment, such as `staging`. */
  environment: string
  location: Location | null
  /** How many databases. Null: as many as the Worker has. */
  shards: number | null
}

export type DeployOptionsResult = { ok: true; options: DeployOptions } | { ok: false; fault: string }

type Environment = Readonly<Record<string, string | undefined>>

export function readDeployOptions(words: string[], environment: Environment = {}): DeployOptionsResult {
  const taken = takenByNpm(environment)
  if (taken !== undefined) {
    return refused(`npm took --${taken} for itself. Put -- before the options: npm run deploy -- --${taken}`)
  }
  return parse(words)
}

/** `npm run deploy --dry-run` would deploy: without `--` before it, npm keeps an option and names it in a variable. */
function takenByNpm(environment: Environment): string | undefined {
  const variableOf = (option: string) => `npm_config_${option.replace('-', '_')}`
  // Of --location, an option of npm itself, npm keeps no trace.
  return Object.keys(options).find(
    (option) => option !== 'location' && environment[variableOf(option)] !== undefined,
  )
}

const options = {
  'dry-run': { type: 'boolean' },
  'smoke-test': { type: 'boolean' },
  env: { type: 'string' },
  location: { type: 'string' },
  shards: { type: 'string' },
} as const

function parse(words: string[]): DeployOptionsResult {
  try {
    const { values } = parseArgs({ args: words, options })
    const environment = values.env ?? 'production'
    if (!environmentName.test(environment)) return refused('--env must be a short name such as staging.')
    const location = locations.find((name) => name === values.location) ?? null
    if (values.location !== undefined && location === null) {
      return refused(`--location must be one of ${locations.join(', ')}.`)
    }
    const shards = shardCounts.find((count) => String(count) === values.shards) ?? null
    if (values.shards !== undefined && shards === null) {
      return refused(`--shards must be one of ${shardCounts.join(', ')}.`)
    }
    const task = values['dry-run'] ? 'dry-run' : values['smoke-test'] ? 'smoke-test' : 'deploy'
    return { ok: true, options: { task, environment, location, shards } }
  } catch (error) {
    // parseArgs throws a TypeError for an option that it does not know, or one without its value.
    if (!(error instanceof TypeError)) throw error
    return refused(error.message)
  }
}

function refused(fault: string): DeployOptionsResult {
  return { ok: false, fault }
}

// It is part of the names of the Worker and its queues, and of the name of a file.
const environmentName = /^[a-z][a-z0-9]{0,19}$/
