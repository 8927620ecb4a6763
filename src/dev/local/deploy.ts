/**
 * npm run deploy: checks the settings, makes what is missing in the Cloudflare account, brings the tables up to
 * date and deploys. Running it again is harmless. `npm run deploy -- --dry-run` stops before it touches anything.
 */
import { execFile, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { parseEnv, promisify, stripVTControlCharacters } from 'node:util'
import { readConfig } from '../../config.ts'
import { expiryRules } from '../../core/retention.ts'

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
  await addRules()
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
 * The second line behind the cron: uploads that broke off, and objects that were to be erased long ago. The bucket's
 * other rules stay. A rule's name says all of it, so one that is there already is the same.
 */
async function addRules(): Promise<void> {
  const rule = ['r2', 'bucket', 'lifecycle'] as const
  const { stdout } = await promisify(execFile)(process.execPath, [wrangler, ...rule, 'list', 'reelhook'])
  const wanted = [
    { name: 'reelhook-abort-uploads-1d', prefix: '', words: ['--abort-multipart-days', '1'] },
    ...expiryRules.map(({ prefix, afterDays }) => ({
      name: `reelhook-${prefix.replace('/', '')}-after-${afterDays}d`,
      prefix,
      words: ['--expire-days', `${afterDays}`],
    })),
  ]
  const known = new Set(stripVTControlCharacters(stdout).split(/\s+/))
  for (const { name, prefix, words } of wanted) {
    if (!known.has(name)) await make(...rule, 'add', 'reelhook', name, prefix, ...words, '--force')
  }
}

async function run(...words: string[]): Promise<string | null> {
  const child = spawn(process.execPath, [wrangler, ...words], { stdio: 'inherit' })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  return code === 0 ? null : `wrangler ${words.join(' ')} failed.`
}
