/** A wrangler that is logged in to the pretended account and does what it is asked, except for the given answers. */
import { readdirSync, readFileSync } from 'node:fs'
import type { RunWrangler, WranglerResult } from '../../../src/dev/local/wrangler.ts'
import { apiToken, type Cloudflare } from './cloudflare-account.ts'

interface Options {
  /** Gets each command without its paths, except for the login. */
  commands?: string[]
  /** By the first word of a command. */
  answers?: Record<string, WranglerResult>
}

export const succeeded: WranglerResult = { exitCode: 0, stdout: '', stderr: '' }

export function pretendedWrangler(account: Cloudflare, { commands, answers }: Options = {}): RunWrangler {
  return async (words) => {
    const [command = ''] = words
    const answer = answers?.[command]
    if (command === 'auth') {
      const token = JSON.stringify({ type: 'api_token', token: apiToken })
      return answer ?? { ...succeeded, stdout: token }
    }
    commands?.push(words.filter((word) => !word.includes('/')).join(' '))
    if (answer !== undefined) return answer
    if (words.includes('--dry-run')) return { ...succeeded, stdout: 'Total Upload: 1110 KiB / gzip: 440 KiB' }
    const config = JSON.parse(readFileSync(optionOf(words, '--config'), 'utf8'))
    if (command === 'd1') migrate(account, config, words[3] ?? '')
    if (command === 'deploy') upload(account, config, optionOf(words, '--secrets-file'))
    return succeeded
  }
}

interface Config {
  d1_databases: { binding: string; database_name: string }[]
}

function optionOf(words: readonly string[], name: string): string {
  return words[words.indexOf(name) + 1] ?? ''
}

function migrate({ databases }: Cloudflare, { d1_databases }: Config, binding: string): void {
  const name = d1_databases.find((database) => database.binding === binding)?.database_name ?? ''
  const sqlite = databases.get(name)?.sqlite
  sqlite?.exec('CREATE TABLE IF NOT EXISTS d1_migrations (name TEXT UNIQUE)')
  const files = readdirSync('src/store/migrations').filter((file) => file.endsWith('.sql'))
  for (const file of files) sqlite?.exec(`INSERT OR IGNORE INTO d1_migrations VALUES ('${file}')`)
}

/** Keeps the secrets that the file does not have. */
function upload(account: Cloudflare, { d1_databases }: Config, path: string): void {
  const file: Record<string, string> = JSON.parse(readFileSync(path, 'utf8'))
  const bindings = d1_databases.map(({ binding }) => ({ name: binding, type: 'd1' }))
  account.uploads.push({ metadata: { bindings }, modules: [] })
  account.secrets = new Map([...(account.secrets ?? []), ...Object.entries(file)])
}
