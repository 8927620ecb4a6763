/** The faults of a form: a summary that leads to each field, and each fault at its field. */
import type { Problem } from '../../api/in-process.ts'

export interface FieldFault {
  path: string
  message: string
}

/** In the order of the fields on the page. */
const labels: Readonly<Record<string, string>> = {
  prompt: 'Prompt',
  model: 'Model',
  provider: 'Provider',
  resolution: 'Resolution',
  duration: 'Duration',
  aspect_ratio: 'Aspect ratio',
  output_format: 'File format',
  count: 'Videos',
  seed: 'Seed',
  generate_audio: 'Sound',
  first_frame: 'First frame',
  last_frame: 'Last frame',
  reference_images: 'Reference image',
  reference_videos: 'Reference video',
  reference_audios: 'Reference audio',
  callback_url: 'Callback URL',
  callback_secret: 'Callback secret',
  callback_headers: 'Callback headers',
  callback_events: 'Callback events',
  callback_format: 'Callback format',
  metadata: 'Metadata',
  max_cost_usd: 'Highest cost in US dollars',
  deadline_seconds: 'Deadline in seconds',
  retention_days: 'Keep for days',
  resubmit_unknown: 'Submit again',
  provider_options: 'Provider options',
  idempotency_key: 'Idempotency-Key',
}

/** They are no fields of the form. */
const otherLabels: Readonly<Record<string, string>> = { monthly_budget_usd: 'Budget' }

/** `reference_images.1` → `Reference image 2`. A path that is no field of the form stays as it is. */
export function labelOf(path: string): string {
  const { name, number, rest } = placeOf(path)
  const label = labels[name] ?? otherLabels[name]
  if (label === undefined) return path
  if (number !== null) return `${label} ${number}`
  return rest === '' ? label : `${label} (${rest})`
}

/** The id of the control that a path is about; null if the form has none. */
export function controlOf(path: string): string | null {
  const { name, number } = placeOf(path)
  if (!Object.hasOwn(labels, name)) return null
  if (number !== null) return `${name}-${number - 1}`
  return /^(?:reference_|(?:first|last)_frame)/.test(name) ? `${name}-0` : name
}

/** In the order of the fields on the page, so that the first one gets the focus. */
export function inFormOrder(faults: readonly FieldFault[]): FieldFault[] {
  const names = Object.keys(labels)
  const placeIn = ({ path }: FieldFault) => names.indexOf(placeOf(path).name)
  return faults.toSorted((left, right) => placeIn(left) - placeIn(right))
}

export function faultsAt(faults: readonly FieldFault[], control: string): FieldFault[] {
  return faults.filter(({ path }) => controlOf(path) === control)
}

function placeOf(path: string): { name: string; number: number | null; rest: string } {
  const [name = '', ...inner] = path.split('.')
  const rest = inner.join('.')
  const isRow = name.startsWith('reference_') && /^\d+$/.test(rest)
  return { name, number: isRow ? Number(rest) + 1 : null, rest }
}

export function FaultTexts({ faults }: { faults: readonly FieldFault[] }) {
  return (
    <>
      {faults.map(({ path, message }) => (
        <p class="fault">{`${labelOf(path)} ${message}`}</p>
      ))}
    </>
  )
}

/** The problem of a refused form. An id of a job in it leads to that job. */
export function FaultSummary({ problem }: { problem: Problem }) {
  const { title, detail, errors = [], code } = problem
  return (
    <div class="alert bad" role="alert">
      <h2>{title}</h2>
      <p>
        {detail
          .split(/(job_[0-9a-z]{26})/)
          .map((text) => (text.startsWith('job_') ? <a href={`/jobs/${text}`}>{text}</a> : text))}
      </p>
      {errors.length > 0 && (
        <ul>
          {errors.map(({ path, message }) => {
            const control = controlOf(path)
            const text = `${labelOf(path)} ${message}`
            return <li>{control === null ? text : <a href={`#${control}`}>{text}</a>}</li>
          })}
        </ul>
      )}
      <p class="quiet">
        <a href={`/docs/problems/${code}`}>What this means</a>
      </p>
    </div>
  )
}
