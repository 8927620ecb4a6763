/**
 * npm run deploy: validates the settings, then deploys (deploy-worker.ts). `npm run deploy -- --dry-run` validates and
 * bundles only. `--location weur` places a new database and bucket in Western Europe. `--shards 4` deploys with four
 * databases.
 */
import { readFile } from 'node:fs/promises'
import { unstable_readConfig } from 'wrangler'
import { runWrangler } from '../local/wrangler.ts'
import { resourcesIn } from './account-resources.ts'
import { openCloudflare } from './cloudflare.ts'
import { type DeployOptions, readDeployOptions } from './deploy-options.ts'
import { deployWorker } from './deploy-worker.ts'
import { readSettings, type Settings, writeSettings } from './settings-file.ts'
import { chooseShards, withShards, writeShardConfig } from './shards.ts'

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
  return read.options.isDryRun ? dryRun() : deploy(checked.settings, read.options)
}

async function dryRun(): Promise<string | null> {
  const { exitCode } = await runWrangler(['deploy', '--dry-run'], { output: 'shown' })
  return exitCode === 0 ? null : 'The Worker cannot be bundled; the output of wrangler is above.'
}

async function deploy(settings: Settings, { location, shards }: DeployOptions): Promise<string | null> {
  const single = unstable_readConfig({})
  if (single.name === undefined) return 'wrangler.toml has no name.'
  const { account_id: accountId } = single
  const opened = await openCloudflare({ run: runWrangler, fetch, environment: process.env, accountId })
  if (!opened.ok) return opened.fault
  const chosen = await chooseShards(opened.cloudflare, single.name, shards)
  if (!chosen.ok) return chosen.fault
  const path = await configPath(single.d1_databases, chosen.count)
  const config = unstable_readConfig({ config: path })
  return deployWorker({
    cloudflare: opened.cloudflare,
    run: (words, options) => runWrangler([...words, '--config', path], options),
    print: console.log,
    worker: {
      name: single.name,
      resources: resourcesIn(config),
      // As wrangler decides it.
      needsSubdomain: config.workers_dev ?? (config.route === undefined && !config.routes?.length),
      location,
      settings,
      settingsPath: writeSettings(settings),
    },
  })
}

type ConfiguredDatabases = ReturnType<typeof unstable_readConfig>['d1_databases']

/** wrangler.toml as it is, if it names all databases. */
async function configPath([first]: ConfiguredDatabases, count: number): Promise<string> {
  if (first === undefined || count === 1) return 'wrangler.toml'
  return writeShardConfig(withShards(await readFile('wrangler.toml', 'utf8'), first, count))
}
