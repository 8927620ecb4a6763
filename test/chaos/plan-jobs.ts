/** The jobs of a run, planned from its seed: what each requests, which faults it meets, and how it must end. No I/O. */
import { type ProviderName, sellerNames } from '../../src/core/request/choices.ts'
import { type PlannedCancel, planCancels } from './plan-cancels.ts'
import { importFaults, taskFaults, uploadFaults, webhookFaults } from './provider-faults.ts'
import { type Random, seededRandom } from './random.ts'
import { type Behavior, callerFaults } from './world/callers.ts'

export interface PlannedJob {
  index: number
  provider: ProviderName
  request: Record<string, unknown>
  /** How the caller's host responds. Null: the job has no callback URL. */
  behavior: Behavior | null
  /** If it is not canceled. */
  finalStatus: 'succeeded' | 'failed'
  /** Null: its caller does not cancel it. */
  cancel: PlannedCancel | null
}

/** The URLs and the secret of the callers. */
export interface Places {
  hookOf: (index: number) => string
  /** The simulator reads `directive` from the file name and imports the picture accordingly. */
  pictureOf: (directive: string) => string
  callbackSecret: string
}

/**
 * How fast the providers are, in milliseconds of the run's clock. A task is queued long enough to be canceled: BytePlus cancels
 * no other.
 */
export const pace = { queuedMs: 5_000, runningMs: 8_000 }

const deadlineSeconds = 2 * 3_600
const withoutCallbackShare = 0.06
// Only Runware uploads, and four points of the storm are in its uploads.
const providerUploadShare = 0.6

export function planJobs(seed: number, count: number, places: Places): PlannedJob[] {
  const random = seededRandom(seed)
  const jobs = Array.from({ length: count }, (_, index) => planJob(random, index, places))
  const cancels = planCancels(random, jobs)
  return jobs.map((job, index) => ({ ...job, cancel: cancels[index] ?? null }))
}

/** The index of the job that a provider's task belongs to, by its prompt: all providers return the prompt. */
export function indexIn(text: string): number | undefined {
  const [, index] = /Paper boat (\d+) sails\./.exec(text) ?? []
  return index === undefined ? undefined : Number(index)
}

function promptOf(index: number): string {
  return `Paper boat ${index} sails.`
}

function planJob(
  random: Random,
  index: number,
  { hookOf, pictureOf, callbackSecret }: Places,
): Omit<PlannedJob, 'cancel'> {
  const provider = sellerNames[index % sellerNames.length] ?? 'runware'
  const count = random.rowOf([
    { count: 2, chance: 0.25 },
    { count: 3, chance: 0.12 },
    { count: 4, chance: 0.1 },
  ])?.count
  const isUploaded = random.happens(providerUploadShare) && provider === 'runware'
  const faults = drawFaults(random, provider, count ?? 1)
  const directives = [...faults.directives, ...(isUploaded ? faults.uploadDirectives : [])]
  const behavior = random.rowOf(callerFaults)?.behavior ?? 'accept'
  const hasCallback = !random.happens(withoutCallbackShare)
  return {
    index,
    provider,
    behavior: hasCallback ? behavior : null,
    finalStatus: faults.isFatal ? 'failed' : 'succeeded',
    request: {
      model: 'seedance-2.0-mini',
      prompt: directives.length > 0 ? `${promptOf(index)} sim(${directives.join(', ')})` : promptOf(index),
      provider,
      ...(count !== undefined && { count }),
      duration: 4,
      resolution: '480p',
      ...mediaFor(random, provider, pictureOf),
      ...(isUploaded && { provider_options: { runware: { directUpload: true } } }),
      deadline_seconds: faults.deadlineSeconds ?? deadlineSeconds,
      ...(hasCallback && { callback_url: hookOf(index), callback_secret: callbackSecret }),
      metadata: { boat: String(index) },
    },
  }
}

function drawFaults(random: Random, provider: ProviderName, count: number) {
  // Rows that do not apply are drawn too, so that a job's provider does not change the faults of the jobs after it.
  const draw = (groups: typeof taskFaults) =>
    groups
      .flatMap((group) => random.rowOf(group) ?? [])
      .filter(({ providers }) => providers === undefined || providers.includes(provider))
      .filter(({ needsSeveralOutputs }) => needsSeveralOutputs === undefined || count > 1)
  const webhook = draw(webhookFaults).map(({ directive }) => directive)
  const task = draw(taskFaults)
  const upload = random.rowOf(uploadFaults)
  return {
    directives: [
      ...(webhook.length > 0 ? [`webhook=${webhook.join('+')}`] : []),
      ...task.map(({ directive }) => directive),
    ],
    uploadDirectives: upload === undefined ? [] : [upload.directive],
    isFatal: task.some(({ isFatal }) => isFatal === true),
    deadlineSeconds: task.find((fault) => fault.deadlineSeconds !== undefined)?.deadlineSeconds,
  }
}

// One white pixel.
const dataUri =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII='

/** A third of the jobs have media: by URL, or as a data: URI where the provider accepts one. */
function mediaFor(random: Random, provider: ProviderName, pictureOf: Places['pictureOf']) {
  const way = random.oneOf(['none', 'none', 'none', 'none', 'reference', 'first_frame'] as const)
  const directive = random.rowOf(importFaults)?.fileName ?? ''
  const takesUrls = provider === 'crun' || provider === 'fal'
  const image = takesUrls || way === 'reference' ? pictureOf(directive) : dataUri
  switch (way) {
    case 'none':
      return {}
    case 'reference':
      return { reference_images: [image] }
    case 'first_frame':
      return { first_frame: image }
  }
}
