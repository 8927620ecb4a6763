/** Replaces the running Worker when its code or its settings change. On a fault the old one continues. */
import { readFile } from 'node:fs/promises'
import { type OwnSettings, readOwnSettings, realProviders } from '../settings/own-settings.ts'
import type { Stage } from '../stage.ts'
import { inTurn } from './in-turn.ts'
import { watchFiles } from './watch.ts'
import { type Change, settingsFile } from './watched.ts'

interface Options {
  stage: Pick<Stage, 'replace'>
  own: OwnSettings
  /** Settings that a file cannot change, such as the address of the tunnel. */
  fixed: OwnSettings
  print: (text: string) => void
}

// An editor that saves all files, or a change of the branch, takes about this long.
const quietMs = 200

/** Until the process ends. Returns a function that reads the settings of the running Worker. */
export function reloadOnChange({ stage, own: firstOwn, fixed, print }: Options): () => OwnSettings {
  let own = firstOwn
  const replace = async (isCode: boolean): Promise<string> => {
    const startedAt = Date.now()
    const read = readOwnSettings(await readFile(settingsFile, 'utf8').catch(() => ''), fixed)
    if (!read.ok) return `${settingsFault(read.faults)}\n${oldContinues}`
    const next = read.own
    if (next.PUBLIC_BASE_URL !== own.PUBLIC_BASE_URL) return 'A new PUBLIC_BASE_URL needs a new start.'
    const failed = await stage.replace(next, isCode ? 'bundle again' : 'same code').catch(messageOf)
    if (failed !== undefined) return `${failed}\n${oldContinues}`
    own = next
    const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1)
    return `The Worker runs the new ${isCode ? 'code' : 'settings'} (${seconds} s).${moneyWords(own)}`
  }
  const add = inTurn<Change>(quietMs, async (changes) => {
    if (changes.has('restart')) print('This change needs a new start: Ctrl-C, then npm start.')
    const isCode = changes.has('code')
    if (isCode) print('The code changed. Bundling …')
    if (isCode || changes.has('settings')) print(await replace(isCode))
  })
  watchFiles('.', add)
  return () => own
}

export function settingsFault(faults: readonly string[]): string {
  return `Fix these settings in ${settingsFile}:\n  ${faults.join('\n  ')}`
}

const oldContinues = 'The previous Worker continues.'

function moneyWords(own: OwnSettings): string {
  const real = realProviders(own)
  return real.length === 0 ? '' : ` Real providers, which cost money: ${real.join(', ')}.`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
