/** The questions of the first deployment on a terminal. */
import { intro, isCancel, log, multiselect, password, select } from '@clack/prompts'
import { sellerNames } from '../../core/request/choices.ts'
import { sellers } from '../../providers/index.ts'
import type { Location } from './account-resources.ts'
import type { Settings } from './settings-file.ts'

interface Answers {
  settings: Settings
  /** For the new database and bucket. Null: near this machine. */
  location: Location | null
}

export interface Questions {
  worker: string
  /** The file that gets the answers. */
  file: string
  /** The database is new, and no option places it. */
  asksLocation: boolean
}

/** Null: the person leaves. */
export type Ask = (questions: Questions) => Promise<Answers | null>

export const askOnTerminal: Ask = async ({ worker, file, asksLocation }) => {
  intro(`The first deployment of ${worker}`)
  log.info(`Your answers go into ${file}. A second run asks nothing.`)
  const chosen = await multiselect({
    message: 'Which providers do you have an API key of? None is fine for now.',
    options: sellerNames.map((name) => ({ value: name, label: sellers[name].title })),
    required: false,
  })
  if (isCancel(chosen)) return null
  const settings: Record<string, string> = {}
  for (const name of chosen) {
    const { title, credentials } = sellers[name]
    for (const setting of credentials) {
      const what = setting.endsWith('SECRET') ? 'API secret' : 'API key'
      // Empty: it can be added to the file later.
      const value = await password({ message: `${title}: ${what} (Enter skips it)` })
      if (isCancel(value)) return null
      if (value) settings[setting] = value.trim()
    }
  }
  if (!asksLocation) return { settings, location: null }
  const location = await select({
    message: 'Where do the database and the bucket go? They cannot move later.',
    options: places,
  })
  return isCancel(location) ? null : { settings, location }
}

const places: { value: Location | null; label: string; hint?: string }[] = [
  { value: null, label: 'Near this machine', hint: 'right if your callers are near, too' },
  { value: 'weur', label: 'Western Europe' },
  { value: 'eeur', label: 'Eastern Europe' },
  { value: 'enam', label: 'Eastern North America' },
  { value: 'wnam', label: 'Western North America' },
  { value: 'apac', label: 'Asia Pacific' },
  { value: 'oc', label: 'Oceania' },
]
