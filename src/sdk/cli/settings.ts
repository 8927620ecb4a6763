/** Which deployment a command calls, and with which API key: options, then the environment, then the file. */
import { readFile } from 'node:fs/promises'
import type { StoredConfig } from './config-file.ts'
import { Stop } from './errors.ts'
import { exitCodes } from './exit-codes.ts'

export interface Settings {
  url: string
  apiKey: string
}

interface Given {
  url?: string | undefined
  apiKey?: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>
type Source = 'option' | 'environment' | 'file'
type Found = { value: string; source: Source } | null

export function settingsFrom(flags: Given, env: Environment, file: StoredConfig): Settings {
  const { url, apiKey } = findSettings(flags, env, file)
  if (url === null) {
    throw usage('No deployment is set.', 'Run "reelhook login", or set REELHOOK_URL and REELHOOK_API_KEY.')
  }
  if (apiKey === null) {
    throw usage(`No API key is set for ${url.value}.`, 'Run "reelhook login", or set REELHOOK_API_KEY.')
  }
  return { url: parseUrl(url.value), apiKey: parseKey(apiKey.value) }
}

/** Where each setting comes from. A stored key counts only for the address that it is stored with. */
export function findSettings(
  flags: Given,
  env: Environment,
  file: StoredConfig,
): { url: Found; apiKey: Found } {
  const url = first([flags.url, 'option'], [env.REELHOOK_URL, 'environment'], [file.url, 'file'])
  const isOfFile = url !== null && sameAddress(url.value, file.url)
  const apiKey = first(
    [flags.apiKey, 'option'],
    [env.REELHOOK_API_KEY, 'environment'],
    [isOfFile ? file.api_key : undefined, 'file'],
  )
  return { url, apiKey }
}

/** The address without a slash at its end. */
export function parseUrl(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : null
  const isWeb = parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.username === ''
  if (!isWeb) {
    throw usage(
      'The address of the deployment is not an http or https URL.',
      'Write https://reelhook.example.com.',
    )
  }
  return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, '')
}

/** A key never has spaces. A line break at its end comes from the file that it was in. */
export function parseKey(text: string): string {
  const key = text.trim()
  if (!/^[!-~]+$/.test(key)) {
    throw usage('The API key has characters that no key has.', 'Copy it once more: it is one word.')
  }
  return key
}

export async function keyFromFile(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const message = `The file ${path} cannot be read.`
    const remedy = 'Give --api-key-file a file that has the API key in it.'
    throw new Stop({ exitCode: exitCodes.usage, code: 'bad_settings', message, remedy }, { cause: error })
  }
}

function first(...given: [string | undefined, Source][]): Found {
  for (const [value, source] of given)
    if (value !== undefined && value.trim() !== '') return { value, source }
  return null
}

function sameAddress(one: string, other: string | undefined): boolean {
  if (other === undefined || !URL.canParse(one) || !URL.canParse(other)) return false
  return parseUrl(one) === parseUrl(other)
}

function usage(message: string, remedy: string): Stop {
  return new Stop({ exitCode: exitCodes.usage, code: 'bad_settings', message, remedy })
}
