/** `keys`: API keys. A new key and a new secret are shown once. */
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import type { ApiKey, CurrentApiKey, NewApiKey } from '../../client/generated/api.schemas.ts'
import type { Cli } from '../cli.ts'
import { usageFault } from '../errors.ts'
import { about } from '../missing.ts'
import { number } from '../options.ts'
import { requireYes } from '../prompts.ts'
import { tableLines } from '../table.ts'
import { plain } from '../text.ts'
import { keyColumns, keyLines } from '../words/key.ts'

export function addKeys(program: Command, cli: Cli): void {
  const keys = program
    .command('keys')
    .description('List, create and revoke API keys, and rotate their secrets')
  keys
    .command('list', { isDefault: true })
    .description('List API keys, newest first')
    .option('--all', 'also those that are revoked')
    .addHelpText('after', '\nNeeds the scope admin. JSON: { data: [key] } as GET /v1/api-keys.')
    .action((options: { all?: true }) => listKeys(cli, options))
  keys
    .command('current')
    .description('Show the API key that the command uses')
    .addHelpText('after', '\nJSON: the key, as GET /v1/api-keys/current.')
    .action(() => showCurrent(cli))
  keys
    .command('create <name>')
    .description('Create an API key, and show it and its callback secret once')
    .option('--project <name>', 'it sees and changes the jobs, assets and deliveries of this project only')
    .option(
      '--scopes <scopes>',
      'jobs:read, jobs:write, deliveries, metrics, admin; separated by commas',
      listIn,
    )
    .option('--expires <time>', 'from then on it is refused: 2027-01-31, with a time, or in 12h, 30d', expiry)
    .option('--callback-url <url>', 'the callback URL of each job that names none')
    .option('--requests-per-minute <n>', '60, 300 or 1200', number)
    .option('--monthly-budget <usd>', 'what its jobs of a calendar month may cost, in US dollars', number)
    .addHelpText(
      'after',
      '\nNeeds the scope admin. JSON: the key with key and callback_secret, as POST /v1/api-keys.',
    )
    .action((name: string, options: CreateOptions) => createKey(cli, name, options))
  keys
    .command('revoke <id>')
    .description('Revoke an API key; its jobs continue')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nNeeds the scope admin. JSON: { id, revoked: true }.')
    .action((id: string, options: { yes?: true }) => revokeKey(cli, id, options))
  keys
    .command('rotate-secret [id]')
    .description('Replace the callback secret of an API key, and show the new one once')
    .addHelpText('after', rotateHelp)
    .action((id: string | undefined) => rotateSecret(cli, id))
}

const rotateHelp = `
Without an id: of the key that the command uses. For 24 hours both secrets sign every delivery.

JSON: { id, callback_secret, overlap_until }.`

interface CreateOptions {
  project?: string
  scopes?: NonNullable<NewApiKey['scopes']>
  expires?: string
  callbackUrl?: string
  requestsPerMinute?: NonNullable<NewApiKey['requests_per_minute']>
  monthlyBudget?: number
}

async function listKeys(cli: Cli, options: { all?: true }): Promise<void> {
  const keys = await (await cli.api()).listApiKeys({}, cli.call)
  if (cli.flags().json) return cli.json(keys)
  const shown = keys.data.filter(({ revoked_at }) => options.all || revoked_at === null)
  const { style, width } = cli.out
  if (shown.length === 0) cli.log.line('No API keys besides the admin key.')
  else for (const line of tableLines(shown, keyColumns(style), width, style.bold)) cli.out.line(line)
  const hidden = keys.data.length - shown.length
  if (hidden > 0) cli.log.line(cli.log.style.dim(`${hidden} revoked: --all shows them`))
}

async function showCurrent(cli: Cli): Promise<void> {
  const key = await (await cli.api()).getCurrentApiKey({}, cli.call)
  if (cli.flags().json) return cli.json(key)
  for (const line of keyLines(key, cli.out.style)) cli.out.line(line)
}

async function createKey(cli: Cli, name: string, options: CreateOptions): Promise<void> {
  const { project, scopes, expires, callbackUrl, requestsPerMinute, monthlyBudget } = options
  const body: NewApiKey = {
    name,
    ...(project !== undefined && { project }),
    ...(scopes !== undefined && { scopes }),
    ...(expires !== undefined && { expires_at: expires }),
    ...(callbackUrl !== undefined && { callback_url: callbackUrl }),
    ...(requestsPerMinute !== undefined && { requests_per_minute: requestsPerMinute }),
    ...(monthlyBudget !== undefined && { monthly_budget_usd: monthlyBudget }),
  }
  const key = await (await cli.api()).createApiKey({ body }, cli.call)
  if (cli.flags().json) return cli.json(key)
  const { out } = cli
  out.line(`${out.style.green('Created')} ${key.id}: ${plain(key.name)}, ${key.scopes.join(', ')}.`)
  out.line(`API key          ${out.style.bold(key.key)}`)
  out.line(`Callback secret  ${out.style.bold(key.callback_secret)}`)
  cli.log.line('Both are shown only now. Store them.')
}

async function revokeKey(cli: Cli, id: string, options: { yes?: true }): Promise<void> {
  const api = await cli.api()
  if (!options.yes) {
    const key: ApiKey = await about('API key', id, api.getApiKey({ path: { id } }, cli.call))
    if (!cli.canAsk())
      throw usageFault(`The key ${plain(key.name)} was not revoked.`, 'Add --yes to revoke it.')
    await requireYes(cli, `Revoke ${plain(key.name)} (${id})? Its requests get 401 from then on.`)
  }
  await about('API key', id, api.revokeApiKey({ path: { id } }, cli.call))
  if (cli.flags().json) return cli.json({ id, revoked: true })
  cli.out.line(`${cli.out.style.green('Revoked')} ${id}. It is refused within seconds.`)
}

async function rotateSecret(cli: Cli, given: string | undefined): Promise<void> {
  const api = await cli.api()
  const id = given ?? ownId(await api.getCurrentApiKey({}, cli.call))
  const rotation = await about('API key', id, api.rotateSecret({ path: { id } }, cli.call))
  if (cli.flags().json) return cli.json(rotation)
  const { out } = cli
  out.line(`Callback secret  ${out.style.bold(rotation.callback_secret)}`)
  out.line(`The previous one signs too until ${rotation.overlap_until}.`)
  cli.log.line('The new one is shown only now. Store it.')
}

function ownId({ id }: CurrentApiKey): string {
  if (id === 'admin') throw usageFault('The admin key has no callback secret.', 'Give the id of an API key.')
  return id
}

function listIn(text: string): string[] {
  return text.split(',').map((item) => item.trim())
}

/** A date, or how long from now. */
function expiry(text: string): string {
  const [, count, unit] = /^(\d{1,5})([hd])$/.exec(text) ?? []
  const hours = unit === 'd' ? 24 : 1
  const ms = unit === undefined ? Date.parse(text) : Date.now() + Number(count) * hours * 3_600_000
  if (Number.isNaN(ms))
    throw new InvalidArgumentError('Write a date, 2027-01-31T12:00Z, or 12h, 30d from now.')
  return new Date(ms).toISOString()
}
