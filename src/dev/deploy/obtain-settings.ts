/**
 * Where the settings come from: the file of the environment, which the first deployment on a terminal writes. In Workers
 * Builds there is no file, and the Worker keeps the settings that it has.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { settingNames } from '../../config.ts'
import type { Location } from './account-resources.ts'
import type { DeployedWorker } from './deployed-worker.ts'
import type { Ask, Questions } from './questions.ts'
import {
  fillSettings,
  makeSecret,
  missingSecrets,
  readSettings,
  type Settings,
  writeSettingsFile,
} from './settings-file.ts'

export interface Source {
  /** For example `.env.production`. */
  file: string
  path: string
  /** The content of the file. For a new file: the example. */
  text: string
  isNew: boolean
  /** The secrets that the file lacks. On a terminal, the deployment makes them. */
  made: Settings
  /** The settings in the file and in `made`. */
  settings: Settings
  /** Every fault that no answer can repair. */
  faults: string[]
}

export interface FromFile {
  folder: string
  /** For example `production`. */
  environment: string
  hasTerminal: boolean
}

export async function readSource({ folder, environment, hasTerminal }: FromFile): Promise<Source> {
  const file = `.env.${environment}`
  const path = join(folder, file)
  const found = await readFile(path, 'utf8').catch(() => null)
  if (found === null && !hasTerminal) {
    return { file, path, text: '', isNew: true, made: {}, settings: {}, faults: [absent(file)] }
  }
  const text = found ?? (await newFile(folder, environment))
  const secrets = hasTerminal ? missingSecrets(text).map((name) => [name, makeSecret(name)] as const) : []
  const made = Object.fromEntries(secrets)
  const read = readSettings(fillSettings(text, made))
  const faults = read.ok ? [] : [`Fix these settings in ${file}:\n  ${read.faults.join('\n  ')}`]
  const settings = read.ok ? read.settings : {}
  return { file, path, text, isNew: found === null, made, settings, faults }
}

export type Obtained =
  | { ok: true; settings: Settings; location: Location | null; newAdminKey: string | null }
  | { ok: false; fault: string }

/** Asks for what is missing, and writes the file if something is new. */
export async function obtainSettings(
  source: Source,
  worker: DeployedWorker,
  ask: Ask | null,
  questions: Omit<Questions, 'file'>,
): Promise<Obtained> {
  const { file, path, text, isNew, made } = source
  if (made.SIGNING_SECRET !== undefined && worker.names.includes('SIGNING_SECRET')) {
    return { ok: false, fault: secretIsElsewhere(file, questions.worker) }
  }
  const answers = isNew && ask !== null ? await ask({ ...questions, file }) : noAnswers
  if (answers === null) return { ok: false, fault: 'Canceled. Nothing was changed.' }
  const filled = fillSettings(text, { ...answers.settings, ...made })
  const read = readSettings(filled)
  if (!read.ok) return { ok: false, fault: `These settings are wrong:\n  ${read.faults.join('\n  ')}` }
  if (filled !== text) writeSettingsFile(path, filled)
  return {
    ok: true,
    settings: read.settings,
    location: answers.location,
    newAdminKey: made.ADMIN_API_KEY ?? null,
  }
}

const noAnswers = { settings: {}, location: null }

/** A deployment for trials has the simulator, so that its jobs cost nothing. */
async function newFile(folder: string, environment: string): Promise<string> {
  const example = await readFile(join(folder, '.env.production.example'), 'utf8')
  const hasSimulator = environment !== 'production' && settingNames().includes('SIMULATOR')
  return hasSimulator ? fillSettings(example, { SIMULATOR: 'on' }) : example
}

function absent(file: string): string {
  return [
    `There is no ${file}, and no terminal to ask on. Write it with:`,
    '  SIGNING_SECRET=…    at least 32 characters: openssl rand -hex 32',
    '  ADMIN_API_KEY=…     at least 16 characters: openssl rand -hex 24',
    '  RUNWARE_API_KEY=…   or the key of another provider; it can be added later',
    '.env.production.example explains every setting.',
  ].join('\n')
}

function secretIsElsewhere(file: string, worker: string): string {
  return [
    `The Worker ${worker} is deployed and has a SIGNING_SECRET, but ${file} has none.`,
    anotherWouldBreak,
    `the machine that deployed it. ${ifLost(worker)}`,
  ].join('\n')
}

export function secretDiffers(worker: string, file: string): string {
  return [
    `The Worker ${worker} has another SIGNING_SECRET than ${file}.`,
    anotherWouldBreak,
    'the machine that deployed it. To replace the secret, keep the one of now in',
    `SIGNING_SECRET_PREVIOUS. ${ifLost(worker)}`,
  ].join('\n')
}

const anotherWouldBreak = 'A new secret would break its links, webhooks and stored keys. Copy the file from'

function ifLost(worker: string): string {
  return [
    'If it is lost, delete it and deploy with a new one:',
    `  npx wrangler secret delete SIGNING_SECRET --name ${worker}`,
    '  SIGNING_SECRET=…    at least 32 characters: openssl rand -hex 32',
  ].join('\n')
}
