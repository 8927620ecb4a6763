/**
 * npm run deploy: checks the settings, makes what is missing in the Cloudflare account, brings the tables up to
 * date and deploys. Running it again is harmless. `npm run deploy -- --dry-run` stops before it touches anything.
 */
import { execFile, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { parseEnv, promisify, stripVTControlCharacters } from 'node:util'
import { readConfig } from '../../config.ts'

const settingsFile = '.env.production'
const wrangler = new URL('../../../node_modules/wrangler/bin/wrangler.js', import.meta.url).pathname

const fault = await deploy(process.argv.includes('--dry-run'))
if (fault !== null) {
  console.error(fault)
  process.exitCode = 1
}

/** Null when it is deployed; otherwise what is wrong and what to do about it. */
async function deploy(isDryRun: boolean): Promise<string | null> {
  const settings = await readFile(settingsFile, 'utf8').catch(() => null)
  if (settings === null) return `There is no ${settingsFile}: copy .env.example to it and fill it in.`
  const configured = readConfig(parseEnv(settings))
  if (!configured.ok) return `Mend these in ${settingsFile}:\n  ${configured.faults.join('\n  ')}`
  if (configured.config.reach === 'any') return `ALLOW_PRIVATE_NETWORK must not be true in ${settingsFile}.`
  if (isDryRun) return run('deploy', '--dry-run')

  await make('d1', 'create', 'reelhook')
  await make('r2', 'bucket', 'create', 'reelhook')
  await abortBrokenUploads()
  for (const queue of ['nudges', 'deliveries', 'dead-letters'])
    await make('queues', 'create', `reelhook-${queue}`)
  const migrated = await run('d1', 'migrations', 'apply', 'reelhook', '--remote')
  return migrated ?? run('deploy', '--secrets-file', settingsFile)
}

/** Creates a resource; that it is there already is as good. */
async function make(...words: string[]): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [wrangler, ...words])
    console.log(`made: ${words.join(' ')}`)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    if (!/already (exists|taken|in use|own)/i.test(said)) throw error
  }
}

/**
 * A rule of the bucket that aborts multipart uploads which broke off: R2 does not list their parts as objects, so the
 * daily reconciliation cannot find them. The bucket's other rules stay as they are.
 */
async function abortBrokenUploads(): Promise<void> {
  const lifecycle = ['r2', 'bucket', 'lifecycle'] as const
  const { stdout } = await promisify(execFile)(process.execPath, [wrangler, ...lifecycle, 'list', 'reelhook'])
  const name = 'reelhook-abort-uploads-1d'
  if (stripVTControlCharacters(stdout).split(/\s+/).includes(name)) return
  await make(...lifecycle, 'add', 'reelhook', name, '', '--abort-multipart-days', '1', '--force')
}

async function run(...words: string[]): Promise<string | null> {
  const child = spawn(process.execPath, [wrangler, ...words], { stdio: 'inherit' })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  return code === 0 ? null : `wrangler ${words.join(' ')} failed.`
}
