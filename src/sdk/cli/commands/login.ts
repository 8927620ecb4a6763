/** `login` and `logout`: store a deployment with its API key, after the deployment has accepted the key. */
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { createApi } from '../api.ts'
import type { Cli } from '../cli.ts'
import { readConfigFile, writeConfigFile } from '../config-file.ts'
import { Stop, usageFault } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { askForKey, askForText } from '../prompts.ts'
import { keyFromFile, parseKey, parseUrl } from '../settings.ts'
import { plain } from '../text.ts'

export function addLogin(program: Command, cli: Cli): void {
  program
    .command('login')
    .description('Store a deployment and its API key in a file that only you can read')
    .addHelpText('after', loginHelp)
    .action(() => logIn(cli))
  program
    .command('logout')
    .description('Delete the stored API key; the key itself stays valid')
    .addHelpText('after', '\nJSON: { file }.')
    .action(() => logOut(cli))
}

const loginHelp = `
The key is asked for without showing it. Without a terminal it is read from stdin:
  printf %s "$KEY" | reelhook login --url https://reelhook.example.com

JSON: { url, name, project, scopes, file }.`

async function logIn(cli: Cli): Promise<void> {
  const { url: flag = cli.env.REELHOOK_URL, apiKeyFile } = cli.flags()
  const stored = await readConfigFile(cli.env)
  const url = parseUrl(flag ?? (await askForUrl(cli, stored.url)))
  const apiKey = parseKey((await keyFromFile(apiKeyFile)) ?? (await readKey(cli)))
  const key = await createApi({ url, apiKey }, cli.connection).api.getCurrentApiKey({}, cli.call)
  const file = await writeConfigFile(cli.env, { url, api_key: apiKey })
  const { name, project, scopes } = key
  if (cli.flags().json) return cli.json({ url, name, project, scopes, file })
  cli.out.line(`${cli.out.style.green('Logged in')} to ${url} with the key ${plain(name)}.`)
  cli.out.line(`Project  ${project === null ? 'none: the key sees everything' : plain(project)}`)
  cli.out.line(`Scopes   ${scopes.join(', ')}`)
  cli.out.line(`Stored   ${file}`)
}

async function askForUrl(cli: Cli, before: string | undefined): Promise<string> {
  if (!cli.canAsk()) throw usageFault('No deployment is given.', 'Add --url, or set REELHOOK_URL.')
  return askForText(cli, { message: 'Address of the deployment', initialValue: before ?? 'https://' })
}

async function readKey(cli: Cli): Promise<string> {
  if (cli.canAsk()) return askForKey(cli, 'API key')
  if (cli.stdin.isTTY) throw usageFault('No API key is given.', 'Pipe it to stdin, or add --api-key-file.')
  const key = await text(cli.stdin)
  if (key.trim() === '')
    throw usageFault('No API key is on stdin.', 'Pipe it to stdin, or add --api-key-file.')
  return key
}

async function logOut(cli: Cli): Promise<void> {
  const { url, api_key } = await readConfigFile(cli.env)
  if (api_key === undefined) {
    const message = 'No API key is stored.'
    throw new Stop({ exitCode: exitCodes.notFound, code: 'no_stored_key', message })
  }
  const file = await writeConfigFile(cli.env, url === undefined ? {} : { url })
  if (cli.flags().json) return cli.json({ file })
  cli.out.line(`The API key is deleted from ${file}. It stays valid: "reelhook keys revoke" ends it.`)
}
