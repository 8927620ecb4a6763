/** The options of `npm run deploy`. */
import { parseArgs } from 'node:util'
import { type Location, locations } from './account-resources.ts'

interface DeployOptions {
  isDryRun: boolean
  location: Location | null
}

export type DeployOptionsResult = { ok: true; options: DeployOptions } | { ok: false; fault: string }

export function readDeployOptions(words: string[]): DeployOptionsResult {
  try {
    const options = { 'dry-run': { type: 'boolean' }, location: { type: 'string' } } as const
    const { values } = parseArgs({ args: words, options })
    const location = locations.find((name) => name === values.location) ?? null
    if (values.location !== undefined && location === null) {
      return { ok: false, fault: `--location must be one of ${locations.join(', ')}.` }
    }
    return { ok: true, options: { isDryRun: values['dry-run'] ?? false, location } }
  } catch (error) {
    // parseArgs throws a TypeError for an option that it does not know, or one without its value.
    if (!(error instanceof TypeError)) throw error
    return { ok: false, fault: error.message }
  }
}
