/** The questions of the first deployment on a terminal. */
import { intro, isCancel, log, multiselect, password, select } from '@clack/prompts'
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
    options: providers.map(({ name }) => ({ value: name, label: name })),
    required: false,
  })
  if (isCancel(chosen)) return null
  const settings: Record<string, string> = {}
  for (const { name, keys } of providers) {
    if (!chosen.includes(name)) continue
    for (const [setting, what] of keys) {
      // Empty: it can be added to the file later.
      const value = await password({ message: `${name}: ${what} (Enter skips it)` })
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

const providers = [
  { name: 'Runware', keys: [['RUNWARE_API_KEY', 'API key']] },
  { name: 'Crun', keys: [['CRUN_API_KEY', 'API key']] },
  {
    name: 'Scenario',
    keys: [
      ['SCENARIO_SDK_API_KEY', 'API key'],
      ['SCENARIO_SDK_API_SECRET', 'API secret'],
    ],
  },
  { name: 'AI/ML API', keys: [['AIMLAPI_API_KEY', 'API key']] },
] as const

const places: { value: Location | null; label: string; hint?: string }[] = [
  { value: null, label: 'Near this machine', hint: 'right if your callers are near, too' },
  { value: 'weur', label: 'Western Europe' },
  { value: 'eeur', label: 'Eastern Europe' },
  { value: 'enam', label: 'Eastern North America' },
  { value: 'wnam', label: 'Western North America' },
  { value: 'apac', label: 'Asia Pacific' },
  { value: 'oc', label: 'Oceania' },
]
