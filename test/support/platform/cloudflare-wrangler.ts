/** A wrangler that is logged in to the pretended account and does what it is asked, except for the given answers. */
import { readdirSync, readFileSync } from 'node:fs'
import type { RunWrangler, WranglerResult } from '../../../src/dev/local/wrangler.ts'
import { apiToken, type Cloudflare } from './cloudflare-account.ts'

interface Options {
  /** Gets each command, except for the login. */
  commands?: string[]
  /** By the first word of a command. */
  answers?: Record<string, WranglerResult>
}

export const succeeded: WranglerResult = { exitCode: 0, stdout: '', stderr: '' }

export function pretendedWrangler(account: Cloudflare, { commands, answers }: Options = {}): RunWrangler {
  return async (words) => {
    const [command = ''] = words
    if (command === 'auth') {
      return { ...succeeded, stdout: JSON.stringify({ type: 'api_token', token: apiToken }) }
    }
    commands?.push(words.join(' '))
    const answer = answers?.[command]
    if (answer !== undefined) return answer
    if (command === 'd1') migrate(account, words[3] ?? '')
    if (command === 'deploy') upload(account, words.at(-1) ?? '')
    return succeeded
  }
}

function migrate({ databases }: Cloudflare, name: string): void {
  const sqlite = databases.get(name)?.sqlite
  sqlite?.exec('CREATE TABLE IF NOT EXISTS d1_migrations (name TEXT UNIQUE)')
  const files = readdirSync('src/store/migrations').filter((file) => file.endsWith('.sql'))
  for (const file of files) sqlite?.exec(`INSERT OR IGNORE INTO d1_migrations VALUES ('${file}')`)
}

/** Keeps the secrets that the file does not have. */
function upload(account: Cloudflare, path: string): void {
  const file: Record<string, string> = JSON.parse(readFileSync(path, 'utf8'))
  account.secrets = new Map([...(account.secrets ?? []), ...Object.entries(file)])
}
