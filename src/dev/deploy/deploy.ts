/**
 * npm run deploy: validates the settings, then deploys (deploy-worker.ts). `npm run deploy -- --dry-run` validates and
 * bundles only. `--location weur` places a new database and bucket in Western Europe.
 */
import { readFile } from 'node:fs/promises'
import { unstable_readConfig } from 'wrangler'
import { runWrangler } from '../local/wrangler.ts'
import { type Location, resourcesIn } from './account-resources.ts'
import { openCloudflare } from './cloudflare.ts'
import { readDeployOptions } from './deploy-options.ts'
import { deployWorker } from './deploy-worker.ts'
import { readSettings, type Settings, writeSettings } from './settings-file.ts'

const settingsFile = '.env.production'

const fault = await main()
if (fault !== null) {
  console.error(fault)
  process.exitCode = 1
}

async function main(): Promise<string | null> {
  const read = readDeployOptions(process.argv.slice(2))
  if (!read.ok) return read.fault
  const text = await readFile(settingsFile, 'utf8').catch(() => null)
  if (text === null) return `There is no ${settingsFile}: copy .env.example to it and fill it in.`
  const checked = readSettings(text)
  if (!checked.ok) return `Fix these settings in ${settingsFile}:\n  ${checked.faults.join('\n  ')}`
  const { isDryRun, location } = read.options
  return isDryRun ? dryRun() : deploy(checked.settings, location)
}

async function dryRun(): Promise<string | null> {
  const { exitCode } = await runWrangler(['deploy', '--dry-run'], { output: 'shown' })
  return exitCode === 0 ? null : 'The Worker cannot be bundled; the output of wrangler is above.'
}

async function deploy(settings: Settings, location: Location | null): Promise<string | null> {
  const config = unstable_readConfig({})
  if (config.name === undefined) return 'wrangler.toml has no name.'
  const { account_id: accountId } = config
  const opened = await openCloudflare({ run: runWrangler, fetch, environment: process.env, accountId })
  if (!opened.ok) return opened.fault
  return deployWorker({
    cloudflare: opened.cloudflare,
    run: runWrangler,
    print: console.log,
    worker: {
      name: config.name,
      resources: resourcesIn(config),
      // As wrangler decides it.
      needsSubdomain: config.workers_dev ?? (config.route === undefined && !config.routes?.length),
      location,
      settings,
      settingsPath: writeSettings(settings),
    },
  })
}
