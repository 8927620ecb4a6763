/** One run of `npm run deploy`, from the settings to the smoke test. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { RunWrangler } from '../local/wrangler.ts'
import { type Location, resourcesIn } from './account-resources.ts'
import { type Cloudflare, openCloudflare } from './cloudflare.ts'
import type { DeployOptions } from './deploy-options.ts'
import { deployWorker } from './deploy-worker.ts'
import { chooseShards, type DeployedWorker, readDeployedWorker } from './deployed-worker.ts'
import { hasOtherSecret, waitForVersion } from './live-check.ts'
import { obtainSettings, readSource, type Source, secretDiffers } from './obtain-settings.ts'
import { type Plan, planDeployment } from './plan.ts'
import type { Ask } from './questions.ts'
import { describePlan, describeWithoutLogin, nextSteps, rollbackAdvice } from './report.ts'
import { type Settings, writeSettings } from './settings-file.ts'
import type { smokeTest } from './smoke-test.ts'
import {
  readWorkerConfig,
  type WorkerConfig,
  withEnvironment,
  withShards,
  writeWorkerConfig,
} from './worker-config.ts'

export interface Surroundings {
  /** Has wrangler.toml and the files with settings. */
  folder: string
  environment: Readonly<Record<string, string | undefined>>
  run: RunWrangler
  fetch: typeof fetch
  print: (line: string) => void
  wait: (milliseconds: number) => Promise<void>
  /** Null: there is no terminal. */
  ask: Ask | null
  smokeTest: typeof smokeTest
}

interface Session {
  options: DeployOptions
  around: Surroundings
  cloudflare: Cloudflare
  config: WorkerConfig
  worker: DeployedWorker
  /** Null: in Workers Builds. */
  source: Source | null
}

/** Null when it succeeded; otherwise what to do. */
export async function runDeployment(options: DeployOptions, around: Surroundings): Promise<string | null> {
  const { folder, environment, run, fetch } = around
  const config = configOf(options, around)
  const from = { folder, environment: options.environment, hasTerminal: around.ask !== null }
  const source = environment.WORKERS_CI === '1' ? null : await readSource(from)
  const faults = source?.faults ?? []
  const opened = await openCloudflare({ run, fetch, environment, accountId: config.account_id })
  if (!opened.ok && options.task === 'dry-run' && faults.length === 0) {
    for (const line of describeWithoutLogin(opened.fault, config.name, resourcesIn(config)))
      around.print(line)
    return bundle(around, config)
  }
  // Everything that is missing, at once.
  if (!opened.ok) return [...faults, opened.fault].join('\n')
  if (faults.length > 0) return faults.join('\n')
  const { cloudflare } = opened
  const worker = await readDeployedWorker(cloudflare, config.name)
  const shards = chooseShards(worker, options.shards)
  if (!shards.ok) return shards.fault
  const session = { options, around, cloudflare, worker, source, config: withShards(config, shards.count) }
  switch (options.task) {
    case 'deploy':
      return deploy(session)
    case 'dry-run':
      return dryRun(session)
    case 'smoke-test':
      return testOnly(session)
  }
}

function configOf({ environment }: DeployOptions, around: Surroundings): WorkerConfig {
  const read = readWorkerConfig(around.folder)
  const config = environment === 'production' ? read : withEnvironment(read, environment)
  // Workers Builds deploys to the Worker that it is connected to, whatever the file says.
  return { ...config, name: around.environment.WRANGLER_CI_OVERRIDE_NAME ?? config.name }
}

async function deploy(session: Session): Promise<string | null> {
  const { around, cloudflare, config, source } = session
  // Before a question is asked, and before a file is written.
  const first = await plan(session, source?.settings ?? null)
  if (!first.ok) return first.fault
  const obtained = await obtain(session, first.plan)
  if (!obtained.ok) return obtained.fault
  const { settings, newAdminKey } = obtained
  const planned = source?.isNew ? await plan(session, settings) : first
  if (!planned.ok) return planned.fault
  const { fetch, print, run } = around
  const { url } = planned.plan
  const isSigned = settings !== null && session.worker.names.includes('SIGNING_SECRET')
  if (isSigned && (await hasOtherSecret({ url, fetch }, settings))) {
    return secretDiffers(config.name, source?.file ?? 'the file')
  }
  print(`Deploying ${planned.plan.worker} to ${url}`)
  const path = writeWorkerConfig(around.folder, config)
  const fault = await deployWorker({
    cloudflare,
    run: (words, how) => run([...words, '--config', path], how),
    print,
    plan: planned.plan,
    location: obtained.location,
    settingsPath: writeSettings(planned.plan.settings),
  })
  if (fault !== null) return fault
  const isUsable = settings !== null || session.worker.names.includes('ADMIN_API_KEY')
  const failed = isUsable ? await checkLive(session, planned.plan, settings) : null
  if (failed !== null) return `${failed}\n${rollbackAdvice(planned.plan)}`
  const missing = isUsable ? [] : ['ADMIN_API_KEY']
  const { file } = source ?? { file: '' }
  for (const line of nextSteps({ plan: planned.plan, file, newAdminKey, missing })) print(line)
  return null
}

function plan({ around, cloudflare, config, worker }: Session, settings: Settings | null) {
  return planDeployment({ folder: around.folder, cloudflare, config, worker, settings })
}

type Obtained =
  | { ok: true; settings: Settings | null; location: Location | null; newAdminKey: string | null }
  | { ok: false; fault: string }

async function obtain({ options, around, source, worker }: Session, plan: Plan): Promise<Obtained> {
  const { location } = options
  if (source === null) return { ok: true, settings: null, location, newAdminKey: null }
  const isPlaceable = plan.resources.missing.some(({ kind }) => kind === 'database')
  const questions = { worker: plan.worker, asksLocation: isPlaceable && location === null }
  const obtained = await obtainSettings(source, worker, around.ask, questions)
  if (!obtained.ok) return obtained
  const made = Object.keys(source.made)
  if (made.length > 0) around.print(`Wrote ${source.file} with a new ${made.join(' and ')}`)
  return { ...obtained, location: location ?? obtained.location }
}

/** Without the admin key, which Workers Builds cannot read, there is no smoke test. */
async function checkLive({ around }: Session, { url }: Plan, settings: Settings | null) {
  const { folder, fetch, print, wait, smokeTest } = around
  const { version } = packageSchema.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')))
  const silent = await waitForVersion({ url, version, fetch, print, wait })
  const adminApiKey = settings?.ADMIN_API_KEY
  if (silent !== null) return silent
  print(`Version ${version} runs at ${url}`)
  if (adminApiKey === undefined) return null
  return smokeTest({ url, adminApiKey, fetch, print })
}

async function dryRun(session: Session): Promise<string | null> {
  const { options, around, source, config } = session
  const planned = await plan(session, source?.settings ?? null)
  if (!planned.ok) return planned.fault
  around.print('A deployment would:')
  const questions = source?.isNew ? [`ask for API keys of providers, and write ${source.file}`] : []
  for (const line of [...questions, ...describePlan(planned.plan, options.location)])
    around.print(`- ${line}`)
  return bundle(around, config)
}

/** Whether the Worker can be built. */
async function bundle({ folder, run, print }: Surroundings, config: WorkerConfig): Promise<string | null> {
  const words = ['deploy', '--dry-run', '--config', writeWorkerConfig(folder, config)]
  const { exitCode, stdout, stderr } = await run(words, { output: 'captured' })
  if (exitCode !== 0)
    return `${stdout}${stderr}\nThe Worker cannot be bundled; the output of wrangler is above.`
  const [size = 'It'] = /(?<=Total Upload: ).*/.exec(stdout) ?? []
  print(`The Worker can be bundled: ${size}. Nothing was changed.`)
  return null
}

async function testOnly(session: Session): Promise<string | null> {
  const { source } = session
  if (source === null) return 'The smoke test needs an admin key, which Workers Builds cannot read.'
  if (source.isNew)
    return `There is no ${source.file} with the admin key. Deploy first, or copy the file from where you did.`
  const planned = await plan(session, source.settings)
  return planned.ok ? checkLive(session, planned.plan, source.settings) : planned.fault
}

const packageSchema = z.object({ version: z.string() })
