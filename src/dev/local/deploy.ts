/**
 * npm run deploy: validates the settings, then deploys (deploy-worker.ts). `npm run deploy -- --dry-run` validates and
 * bundles only.
 */
import { readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import { unstable_readConfig } from 'wrangler'
import { readConfig } from '../../config.ts'
import { deployWorker, resourcesIn } from './deploy-worker.ts'
import { runWrangler } from './wrangler.ts'

const settingsFile = '.env.production'

const fault = (await settingsFault()) ?? (await (process.argv.includes('--dry-run') ? dryRun() : deploy()))
if (fault !== null) {
  console.error(fault)
  process.exitCode = 1
}

async function settingsFault(): Promise<string | null> {
  const text = await readFile(settingsFile, 'utf8').catch(() => null)
  if (text === null) return `There is no ${settingsFile}: copy .env.example to it and fill it in.`
  const configured = readConfig(parseEnv(text))
  if (!configured.ok) return `Fix these settings in ${settingsFile}:\n  ${configured.faults.join('\n  ')}`
  if (configured.config.reach === 'any') return `ALLOW_PRIVATE_NETWORK must not be true in ${settingsFile}.`
  return null
}

async function dryRun(): Promise<string | null> {
  const { exitCode } = await runWrangler(['deploy', '--dry-run'], 'shown')
  return exitCode === 0 ? null : 'The Worker cannot be bundled; the output of wrangler is above.'
}

function deploy(): Promise<string | null> {
  const resources = resourcesIn(unstable_readConfig({}))
  return deployWorker({ resources, settingsFile, run: runWrangler, print: console.log })
}
