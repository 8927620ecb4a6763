/**
 * What wrangler makes of the Worker for this machine: the bundle that would be deployed, the runtime's options, and
 * tables that are up to date.
 */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'

/** Plain JSON: it may be made once and run in many processes. */
export interface Bundle {
  script: string
  options: ReturnType<typeof runtimeOptions>
}

const wrangler = new URL('../../../node_modules/wrangler/bin/wrangler.js', import.meta.url).pathname
const configPath = new URL('../../../wrangler.toml', import.meta.url).pathname

/** `entry` takes the place of the Worker's own entry file. */
export async function bundleWorker(folder: string, entry?: string): Promise<Bundle> {
  const outdir = `${folder}/bundle`
  const name = entry?.split('/').at(-1)?.replace(/\.ts$/, '.js') ?? 'index.js'
  await runWrangler(['deploy', ...(entry === undefined ? [] : [entry]), '--dry-run', '--outdir', outdir])
  return { script: await readFile(`${outdir}/${name}`, 'utf8'), options: runtimeOptions() }
}

export async function migrateTables(folder: string, config = configPath): Promise<void> {
  await runWrangler(['d1', 'migrations', 'apply', 'reelhook', '--local', '--persist-to', folder], config)
}

function runtimeOptions() {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(configPath)
  // Rules for files that are not code: the bundle holds none.
  const { modulesRules: _, ...options } = workerOptions
  return options
}

async function runWrangler(words: string[], config = configPath): Promise<void> {
  const environment = { ...process.env, CI: 'true', WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1' }
  await promisify(execFile)(process.execPath, [wrangler, ...words, '--config', config], { env: environment })
}
