/** `config`: which deployment and API key are in use, and where they come from. The key is never shown. */
import type { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { configPath, readConfigFile } from '../config-file.ts'
import { findSettings, keyFromFile, parseUrl } from '../settings.ts'

export function addConfig(program: Command, cli: Cli): void {
  program
    .command('config')
    .description('Show the settings and where they come from')
    .addHelpText(
      'after',
      '\nThe API key is never shown.\n\nJSON: { url, url_source, api_key_source, file }; what is not set is null.',
    )
    .action(() => showConfig(cli))
}

async function showConfig(cli: Cli): Promise<void> {
  const [file, apiKeyOfFlag] = await Promise.all([
    readConfigFile(cli.env),
    keyFromFile(cli.flags().apiKeyFile),
  ])
  const { url, apiKey } = findSettings({ url: cli.flags().url, apiKey: apiKeyOfFlag }, cli.env, file)
  const path = configPath(cli.env)
  const shown = {
    url: url === null ? null : parseUrl(url.value),
    url_source: url?.source ?? null,
    api_key_source: apiKey?.source ?? null,
    file: path,
  }
  if (cli.flags().json) return cli.json(shown)
  const { dim } = cli.out.style
  cli.out.line(
    `Deployment  ${url === null ? 'not set' : `${shown.url} ${dim(`(${sourceNames[url.source]})`)}`}`,
  )
  cli.out.line(`API key     ${apiKey === null ? 'not set' : `set ${dim(`(${sourceNames[apiKey.source]})`)}`}`)
  cli.out.line(`File        ${path}`)
  if (url === null || apiKey === null)
    cli.log.line('Run "reelhook login", or set REELHOOK_URL and REELHOOK_API_KEY.')
}

const sourceNames = { option: 'option', environment: 'environment', file: 'file' } as const
