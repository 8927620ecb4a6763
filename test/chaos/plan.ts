/** The jobs of a run, from its seed: what each asks for, what befalls it, and how it must end. No I/O. */
import { type ProviderName, providerNames } from '../../src/core/request/request.ts'
import type { Behaviour } from './callers.ts'
import { callerFaults, importFaults, taskFaults, uploadFaults, webhookFaults } from './chances.ts'
import { type Chance, seededChance } from './seeded.ts'

export interface PlannedJob {
  index: number
  provider: ProviderName
  request: Record<string, unknown>
  /** Null: nobody is to be told. */
  behaviour: Behaviour | null
  ends: 'succeeded' | 'failed'
}

/** Where the caller's things are. */
export interface Places {
  hookOf: (index: number) => string
  /** `note` says what its import at Scenario is to be like. */
  pictureOf: (note: string) => string
  callbackSecret: string
}

export function planJobs(seed: number, count: number, places: Places): PlannedJob[] {
  const chance = seededChance(seed)
  return Array.from({ length: count }, (_, index) => planJob(chance, index, places))
}

/** What every prompt of a job holds, at whichever provider: the only name that all four show. */
function markOf(index: number): string {
  return `Paper boat ${index} sails.`
}

export function indexIn(text: string): number | undefined {
  const [, index] = /Paper boat (\d+) sails\./.exec(text) ?? []
  return index === undefined ? undefined : Number(index)
}

/** How fast the providers are: seconds by the clock, which is turned when nothing else is to be done. */
export const pace = { queuedMs: 1_000, runningMs: 8_000 }

const deadlineSeconds = 2 * 3_600
const silentShare = 0.06
// Of those at Runware.
const uploadedShare = 0.4

function planJob(chance: Chance, index: number, { hookOf, pictureOf, callbackSecret }: Places): PlannedJob {
  const provider = providerNames[index % providerNames.length] ?? 'runware'
  const count = chance.rowOf([
    { count: 2, chance: 0.25 },
    { count: 3, chance: 0.12 },
    { count: 4, chance: 0.1 },
  ])?.count
  const isUploaded = chance.happens(uploadedShare) && provider === 'runware'
  const faults = faultsFor(chance, provider, count ?? 1, isUploaded)
  const behaviour = chance.rowOf(callerFaults)?.behaviour ?? 'accepts'
  const isSilent = chance.happens(silentShare)
  return {
    index,
    provider,
    behaviour: isSilent ? null : behaviour,
    ends: faults.isMortal ? 'failed' : 'succeeded',
    request: {
      model: 'seedance-2.0-mini',
      prompt: `${markOf(index)}${faults.directive}`,
      provider,
      ...(count !== undefined && { count }),
      duration: 4,
      resolution: '480p',
      ...mediaFor(chance, provider, pictureOf),
      ...(isUploaded && { provider_options: { runware: { directUpload: true } } }),
      deadline_seconds: faults.deadlineSeconds ?? deadlineSeconds,
      ...(!isSilent && { callback_url: hookOf(index), callback_secret: callbackSecret }),
      metadata: { boat: String(index) },
    },
  }
}

function faultsFor(chance: Chance, provider: ProviderName, count: number, isUploaded: boolean) {
  // Drawn whether it applies or not, so that one job's provider does not change another's fate.
  const draw = (groups: typeof taskFaults) =>
    groups
      .flatMap((group) => chance.rowOf(group) ?? [])
      .filter(({ at, many }) => at?.includes(provider) !== false && (many === undefined || count > 1))
  const webhook = draw(webhookFaults).map(({ words }) => words)
  const faults = draw(taskFaults)
  const upload = chance.rowOf(uploadFaults)
  const directives = [
    ...(webhook.length > 0 ? [`webhook=${webhook.join('+')}`] : []),
    ...faults.map(({ words }) => words),
    ...(isUploaded && upload !== undefined ? [upload.words] : []),
  ]
  return {
    directive: directives.length > 0 ? ` sim(${directives.join(', ')})` : '',
    isMortal: faults.some(({ isMortal }) => isMortal === true),
    deadlineSeconds: faults.find((fault) => fault.deadlineSeconds !== undefined)?.deadlineSeconds,
  }
}

// One white pixel.
const embedded =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII='

/** A third of the jobs have media, by URL or embedded where that is taken. */
function mediaFor(chance: Chance, provider: ProviderName, pictureOf: Places['pictureOf']) {
  const way = chance.oneOf(['none', 'none', 'none', 'none', 'reference', 'embedded'] as const)
  const note = chance.rowOf(importFaults)?.words ?? ''
  const image = provider === 'crun' || way === 'reference' ? pictureOf(note) : embedded
  switch (way) {
    case 'none':
      return {}
    case 'reference':
      return { reference_images: [image] }
    case 'embedded':
      return { first_frame: image }
  }
}
