/** The fields that few jobs need, folded. */
import { eventFormats, eventTypes } from '../../core/event.ts'
import { formatCount } from '../../core/format.ts'
import { controlOf } from './faults.tsx'
import { controlProps, Field, type FormState, Notes, SelectField, TextField } from './field.tsx'
import type { Plan } from './plan.ts'
import { listIn, textIn } from './values.ts'

interface MoreProps {
  state: FormState
  plan: Plan
  /** The default callback URL of the API key; null if it has none. */
  callbackUrl: string | null
  /** The admin key has no callback secret of its own. */
  isAdminKey: boolean
}

const names = [
  'callback_url',
  'callback_secret',
  'callback_headers',
  'callback_events',
  'callback_format',
  'metadata',
  'max_cost_usd',
  'deadline_seconds',
  'retention_days',
  'resubmit_unknown',
  'provider_options',
  'idempotency_key',
]

/** The default of the chosen model. */
function deadlineOf({ all: [offer] }: Plan): string {
  return offer === undefined ? 'the default of the model' : formatCount(offer.limits.deadline.default_seconds)
}

export function More({ state, plan, callbackUrl, isAdminKey }: MoreProps) {
  const { values, faults } = state
  const isOpen = faults.some(({ path }) => names.includes(controlOf(path) ?? ''))
  return (
    <details class="card" open={isOpen}>
      <summary>More: callback, metadata, limits</summary>
      <TextField
        id="callback_url"
        label="Callback URL"
        state={state}
        inputmode="url"
        placeholder={callbackUrl ?? 'https://…'}
        hint={
          callbackUrl === null
            ? 'Gets the events of this job. Endpoints get theirs in any case.'
            : `Gets the events of this job. Empty: that of the API key, ${callbackUrl}.`
        }
      />
      <Field
        id="callback_secret"
        label="Callback secret"
        state={state}
        hint={
          isAdminKey
            ? 'The admin key has no secret: a job with a callback URL needs one here. It is never shown again.'
            : 'Empty: that of the API key. It is never shown again.'
        }
      >
        <input
          name="callback_secret"
          type="password"
          autocomplete="new-password"
          spellcheck={false}
          placeholder="whsec_…"
          {...controlProps('callback_secret', state)}
        />
      </Field>
      <Field
        id="callback_headers"
        label="Callback headers"
        state={state}
        hint="One in each line, name: value. They are encrypted and never shown again."
      >
        <textarea
          name="callback_headers"
          rows={2}
          class="short"
          autocomplete="off"
          spellcheck={false}
          {...controlProps('callback_headers', state)}
        />
      </Field>
      <fieldset id="callback_events" tabindex={-1}>
        <legend>Callback events</legend>
        {eventTypes.map((type) => (
          <label class="choice">
            <input
              type="checkbox"
              name="callback_events"
              value={type}
              checked={listIn(values, 'callback_events').includes(type)}
            />
            {type}
          </label>
        ))}
        <Notes id="callback_events" state={state} />
      </fieldset>
      <SelectField
        id="callback_format"
        label="Callback format"
        state={state}
        choices={eventFormats.map((format) => ({ value: format, label: format, isDisabled: false }))}
        hint="How the events are written. openai and openrouter have job.succeeded, job.failed and job.canceled only."
      />
      <Field
        id="metadata"
        label="Metadata"
        state={state}
        hint="One in each line, name=value. They are in every event, and the list of jobs can be filtered by them."
      >
        <textarea name="metadata" rows={3} class="short" dir="auto" {...controlProps('metadata', state)}>
          {textIn(values, 'metadata')}
        </textarea>
      </Field>
      <TextField
        id="max_cost_usd"
        label="Highest cost in US dollars"
        state={state}
        inputmode="decimal"
        hint="A provider that costs more, or whose price is unknown, does not make the job."
      />
      <TextField
        id="deadline_seconds"
        label="Deadline in seconds"
        state={state}
        inputmode="numeric"
        hint={`The job fails if it has not ended by then. A provider may bill it all the same. Empty: ${deadlineOf(plan)}.`}
      />
      <TextField
        id="retention_days"
        label="Keep for days"
        state={state}
        inputmode="numeric"
        hint="Then the job and its videos are erased. 0: kept. Empty: the setting of this deployment."
      />
      <label class="choice">
        <input
          type="checkbox"
          name="resubmit_unknown"
          checked={textIn(values, 'resubmit_unknown') !== ''}
          {...controlProps('resubmit_unknown', state)}
        />
        Submit again if a provider does not confirm
      </label>
      <Notes
        id="resubmit_unknown"
        state={state}
        hint="Risk: both submissions may be billed. Without it, Reelhook waits until it knows, or until the deadline, and buys nothing meanwhile."
      />
      <Field
        id="provider_options"
        label="Provider options"
        state={state}
        hint={`JSON by provider, for example {"runware": {…}}. ${optionNames(plan)}`}
      >
        <textarea
          name="provider_options"
          rows={3}
          class="short code"
          spellcheck={false}
          {...controlProps('provider_options', state)}
        >
          {textIn(values, 'provider_options')}
        </textarea>
      </Field>
      <TextField
        id="idempotency_key"
        label="Idempotency-Key"
        state={state}
        hint="One for each video, for example an order number. Empty: this form has one of its own, so a double click or a reload buys one video."
      />
    </details>
  )
}

function optionNames({ offers }: Plan): string {
  return offers
    .flatMap(({ provider, provider_options: { properties } }) => {
      const options = Object.keys(properties ?? {})
      return options.length === 0 ? [] : [`${provider} takes ${options.join(', ')}.`]
    })
    .join(' ')
}
