/** The file in which `reelhook login` stores a deployment and its API key. Only its owner can read it. */
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { Stop } from './errors.ts'
import { exitCodes } from './exit-codes.ts'

/** The key belongs to this address, and is sent to no other. */
export interface StoredConfig {
  url?: string
  api_key?: string
}

type Environment = Readonly<Record<string, string | undefined>>

export function configPath({ XDG_CONFIG_HOME }: Environment): string {
  const folder = XDG_CONFIG_HOME ? XDG_CONFIG_HOME : join(homedir(), '.config')
  return join(folder, 'reelhook', 'config.json')
}

/** A file that is not there is empty. */
export async function readConfigFile(env: Environment): Promise<StoredConfig> {
  const path = configPath(env)
  try {
    return parseConfig(await readFile(path, 'utf8'))
  } catch (error) {
    if (isMissing(error)) return {}
    const message = `The settings file ${path} cannot be read.`
    const remedy = 'Mend or delete it, then run "reelhook login".'
    throw new Stop({ exitCode: exitCodes.usage, code: 'bad_settings', message, remedy }, { cause: error })
  }
}

/** Written beside the old file and then put in its place, so that no moment has half of a file. */
export async function writeConfigFile(env: Environment, config: StoredConfig): Promise<string> {
  const path = configPath(env)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const fresh = `${path}.new`
  await rm(fresh, { force: true })
  await writeFile(fresh, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  await chmod(fresh, 0o600)
  await rename(fresh, path)
  return path
}

export function parseConfig(text: string): StoredConfig {
  const json: unknown = JSON.parse(text)
  if (typeof json !== 'object' || json === null) throw new Error('not an object')
  const { url, api_key }: { url?: unknown; api_key?: unknown } = json
  return {
    ...(typeof url === 'string' && { url }),
    ...(typeof api_key === 'string' && { api_key }),
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
