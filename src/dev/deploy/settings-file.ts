/**
 * The file with the settings of a deployed Worker, such as .env.production. It is checked as a whole, and what was checked
 * is uploaded. On a terminal, a deployment writes the file itself.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { readConfig, settingNames } from '../../config.ts'
import { unknownSettingFault } from '../nearest-setting.ts'

/** The settings by name. A blank setting is unset, and is not in it. */
export type Settings = Readonly<Record<string, string>>

export type SettingsResult = { ok: true; settings: Settings } | { ok: false; faults: string[] }

/** The secrets that a deployment makes. */
export const ownSecrets = ['SIGNING_SECRET', 'ADMIN_API_KEY'] as const

/**
 * Checks the text of a `.env` file. Nothing in a value is expanded, and no variable of the shell is read. The deployment
 * derives PUBLIC_BASE_URL if the file has none.
 */
export function readSettings(text: string): SettingsResult {
  const values = parseEnv(text)
  const configured = readConfig({ ...values, PUBLIC_BASE_URL: values.PUBLIC_BASE_URL || 'https://derived' })
  const faults = [
    ...namesIn(text).flatMap(nameFault),
    ...(configured.ok ? [] : configured.faults),
    ...(configured.ok && configured.config.reach === 'any' ? ['ALLOW_PRIVATE_NETWORK must not be true'] : []),
  ]
  if (faults.length > 0) return { ok: false, faults }
  const set = Object.entries(values).flatMap(([name, value]) => (value ? [[name, value] as const] : []))
  return { ok: true, settings: Object.fromEntries(set) }
}

export function missingSecrets(text: string): (typeof ownSecrets)[number][] {
  const values = parseEnv(text)
  return ownSecrets.filter((name) => !values[name])
}

export function makeSecret(name: (typeof ownSecrets)[number]): string {
  return randomBytes(name === 'SIGNING_SECRET' ? 32 : 24).toString('hex')
}

/** The text of a file with these settings: each in its blank line, or at the end. The comments stay. */
export function fillSettings(text: string, settings: Settings): string {
  return Object.entries(settings).reduce((filled, [name, value]) => {
    const blank = new RegExp(`^(?:export\\s+)?${name}[^\\S\\n]*=[^\\S\\n]*(?:''|""|\`\`)?[^\\S\\n]*$`, 'm')
    const line = `${name}=${quote(value)}`
    return blank.test(filled) ? filled.replace(blank, () => line) : `${filled.trimEnd()}\n${line}\n`
  }, text)
}

/** Only its owner can read it. */
export function writeSettingsFile(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 })
  // The mode above is for a new file only.
  chmodSync(path, 0o600)
}

/** As the parser of .env files reads it back. */
function quote(value: string): string {
  if (/^[\w.:/+=-]*$/.test(value)) return value
  const mark = ["'", '"', '`'].find((one) => !value.includes(one)) ?? "'"
  return `${mark}${value}${mark}`
}

/** Writes the settings as JSON, which wrangler does not expand. The file is removed when this process ends. */
export function writeSettings(settings: Settings): string {
  const folder = mkdtempSync(join(tmpdir(), 'reelhook-'))
  removeAtExit(folder)
  const path = join(folder, 'settings.json')
  writeFileSync(path, JSON.stringify(settings), { mode: 0o600 })
  return path
}

const temporaryPaths = new Set<string>()

/** Removes a file when this process ends, by itself or by a signal. */
export function removeAtExit(path: string): void {
  if (temporaryPaths.size === 0) {
    process.once('exit', () => {
      for (const one of temporaryPaths) rmSync(one, { recursive: true, force: true })
    })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => process.exit(128 + constants.signals[signal]))
    }
  }
  temporaryPaths.add(path)
}

interface NamedLine {
  name: string
  value: string
  isRepeated: boolean
}

/** One entry per assignment. A quoted value may have several lines. */
function namesIn(text: string): NamedLine[] {
  const seen = new Set<string>()
  return [...text.matchAll(assignment)].map(([, name = '', value = '']) => {
    const isRepeated = seen.has(name)
    seen.add(name)
    return { name, value, isRepeated }
  })
}

const assignment = /^[^\S\n]*(?:export\s+)?([\w.-]+)[^\S\n]*=[^\S\n]*("[^"]*"|'[^']*'|`[^`]*`|.*)/gm

function nameFault({ name, value, isRepeated }: NamedLine): string[] {
  if (!settingNames().includes(name)) return [unknownSettingFault(name)]
  if (isRepeated) return [`${name} is set more than once`]
  // A parser of .env files takes the rest of such a line as a comment.
  if (/^[^'"`#\s][^#]*\S#/.test(value)) return [`${name} has a # in its value, which needs quotes`]
  return []
}
