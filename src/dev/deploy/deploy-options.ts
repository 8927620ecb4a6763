/** The options of `npm run deploy`. */
import { parseArgs } from 'node:util'
import { shardCounts } from '../../core/shards.ts'
import { type Location, locations } from './account-resources.ts'
import { readShards } from './shards.ts'

export interface DeployOptions {
  isDryRun: boolean
  location: Location | null
  /** How many databases. Null: as many as the Worker has. */
  shards: number | null
}

export type DeployOptionsResult = { ok: true; options: DeployOptions } | { ok: false; fault: string }

export function readDeployOptions(words: string[]): DeployOptionsResult {
  try {
    const options = {
      'dry-run': { type: 'boolean' },
      location: { type: 'string' },
      shards: { type: 'string' },
    } as const
    const { values } = parseArgs({ args: words, options })
    const location = locations.find((name) => name === values.location) ?? null
    if (values.location !== undefined && location === null) {
      return { ok: false, fault: `--location must be one of ${locations.join(', ')}.` }
    }
    const shards = readShards(values.shards)
    if (shards === undefined)
      return { ok: false, fault: `--shards must be one of ${shardCounts.join(', ')}.` }
    return { ok: true, options: { isDryRun: values['dry-run'] ?? false, location, shards } }
  } catch (error) {
    // parseArgs throws a TypeError for an option that it does not know, or one without its value.
    if (!(error instanceof TypeError)) throw error
    return { ok: false, fault: error.message }
  }
}
