/** Uses wrangler to prepare the Worker for this machine: the deployable bundle, the runtime's options, the migrations. */
import { readFile } from 'node:fs/promises'
import { stripVTControlCharacters } from 'node:util'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { parallelConsumers } from './parallel-consumers.ts'
import { runWrangler } from './wrangler.ts'

/** Plain JSON: one bundle can run in many processes. */
export interface Bundle {
  script: string
  options: ReturnType<typeof runtimeOptions>
}

const wranglerToml = new URL('../../../wrangler.toml', import.meta.url).pathname
const localEntry = new URL('../runtime/entry.ts', import.meta.url).pathname

/** `entry` replaces the entry file of the local runtime. Its queue handler must run batches in parallel too. */
export async function bundleWorker(folder: string, entry = localEntry): Promise<Bundle> {
  const outdir = `${folder}/bundle`
  const name = entry.split('/').at(-1)?.replace(/\.ts$/, '.js')
  await perform(['deploy', entry, '--dry-run', '--outdir', outdir])
  return { script: await readFile(`${outdir}/${name}`, 'utf8'), options: runtimeOptions() }
}

export async function migrateTables(folder: string, config = wranglerToml): Promise<void> {
  await perform(['d1', 'migrations', 'apply', 'reelhook', '--local', '--persist-to', folder], config)
}

function runtimeOptions() {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(wranglerToml)
  // The bundle contains only code, so it needs no rules for other files.
  const { modulesRules: _, ...options } = workerOptions
  const { compatibilityFlags, ...parallel } = parallelConsumers(wranglerToml)
  const { compatibilityFlags: deployed = [] }: { compatibilityFlags?: string[] } = options
  return { ...options, ...parallel, compatibilityFlags: [...deployed, ...compatibilityFlags] }
}

async function perform(words: string[], config = wranglerToml): Promise<void> {
  const { exitCode, stderr } = await runWrangler([...words, '--config', config], { output: 'captured' })
  if (exitCode !== 0) throw new Error(`wrangler ${words.join(' ')} failed:\n${plain(stderr)}`)
}

/** Without the bundler's colors, and without wrangler's line about its own log file. */
function plain(stderr: string): string {
  return stripVTControlCharacters(stderr)
    .replace(/^🪵.*$/gmu, '')
    .replace(/\n\s*\n+/g, '\n')
    .trim()
}
