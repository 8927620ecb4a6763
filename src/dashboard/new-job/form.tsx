/** The form of a new job. */

import type { Problem } from '../../api/in-process.ts'
import { formatCount } from '../../core/format.ts'
import { mediaFields } from '../../core/request/media.ts'
import { countCharacters } from '../../core/request/text.ts'
import { JobCode } from './code.tsx'
import { CreateCard } from './create.tsx'
import { Estimates } from './estimate.tsx'
import { FaultSummary } from './faults.tsx'
import { controlProps, Field, type FormState, SelectField, TextField } from './field.tsx'
import type { Loaded } from './load.ts'
import { MediaFieldset } from './media.tsx'
import { More } from './more.tsx'
import {
  countChoices,
  durationChoices,
  formatChoices,
  type Plan,
  ratioChoices,
  resolutionChoices,
  unable,
} from './plan.ts'
import { providerChoices } from './provider-choices.ts'
import { textIn } from './values.ts'

interface NewJobFormProps {
  state: FormState
  loaded: Loaded
  /** Why the job was not created; null for a form that was not sent. */
  problem: Problem | null
  notes: readonly string[]
  baseUrl: string
  callbackUrl: string | null
  isAdminKey: boolean
}

export function NewJobForm(props: NewJobFormProps) {
  const { state, loaded, problem, notes, baseUrl, callbackUrl, isAdminKey } = props
  const { values } = state
  const { plan, assets, body } = loaded
  const formKey = textIn(values, 'form_key')
  return (
    <>
      <h1>New job</h1>
      {problem !== null && <FaultSummary problem={problem} />}
      {notes.map((note) => (
        <p class="alert active">{note}</p>
      ))}
      <form
        id="new-job"
        class="new-job"
        method="post"
        action="/jobs/new"
        enctype="multipart/form-data"
        novalidate
      >
        {/* The Enter key in a field presses the first button of a form: it must not buy. */}
        <button type="submit" name="action" value="estimate" hidden />
        <input type="hidden" name="form_key" value={formKey} autocomplete="off" />
        <div>
          <div class="card">
            <VideoFields state={state} plan={plan} />
          </div>
          <section class="card" aria-labelledby="media-title">
            <h2 id="media-title">Pictures, videos and sounds</h2>
            <p class="quiet">
              Start from a first frame, or show what to use by references. Each is a URL, the id of an asset,
              or a file: choose it, or drop it here.
            </p>
            <div class="media-fields">
              {mediaFields.map((field) => (
                <MediaFieldset field={field} state={state} plan={plan} assets={assets} />
              ))}
            </div>
          </section>
          <More state={state} plan={plan} callbackUrl={callbackUrl} isAdminKey={isAdminKey} />
        </div>
        <div class="side">
          <Estimates loaded={loaded} provider={textIn(values, 'provider')} />
          <CreateCard values={values} problem={problem} />
          <details class="card">
            <summary>The same with curl or TypeScript</summary>
            <JobCode
              body={body}
              idempotencyKey={textIn(values, 'idempotency_key').trim() || formKey}
              baseUrl={baseUrl}
            />
          </details>
        </div>
      </form>
    </>
  )
}

function VideoFields({ state, plan }: { state: FormState; plan: Plan }) {
  const { values } = state
  const seedless = unable(plan, ({ limits }) => limits.seed)
  return (
    <>
      <Field id="prompt" label="Prompt" state={state} hint={promptHint(textIn(values, 'prompt'), plan)}>
        <textarea name="prompt" rows={6} dir="auto" {...controlProps('prompt', state)}>
          {textIn(values, 'prompt')}
        </textarea>
      </Field>
      <div class="settings">
        <SelectField
          id="model"
          label="Model"
          state={state}
          choices={plan.models.map(({ model }) => ({ value: model, label: model, isDisabled: false }))}
        />
        <SelectField
          id="provider"
          label="Provider"
          state={state}
          choices={providerChoices(textIn(state.values, 'provider'), plan)}
        />
        <SelectField id="resolution" label="Resolution" state={state} choices={resolutionChoices(plan)} />
        <SelectField id="duration" label="Duration" state={state} choices={durationChoices(plan)} />
        <SelectField id="aspect_ratio" label="Aspect ratio" state={state} choices={ratioChoices(plan)} />
        <SelectField id="output_format" label="File format" state={state} choices={formatChoices(plan)} />
        <SelectField id="count" label="Videos" state={state} choices={countChoices(plan)} />
        <TextField
          id="seed"
          label="Seed"
          state={state}
          inputmode="numeric"
          hint={
            seedless.length === 0 ? 'The same seed makes a similar video.' : `Not at ${seedless.join(', ')}.`
          }
        />
      </div>
      <label class="choice">
        <input
          type="checkbox"
          name="generate_audio"
          checked={textIn(values, 'generate_audio') !== ''}
          {...controlProps('generate_audio', state)}
          aria-describedby={undefined}
        />
        With sound
      </label>
    </>
  )
}

function promptHint(prompt: string, { offers }: Plan): string {
  const count = countCharacters(prompt.trim())
  const limits = Object.entries(Object.groupBy(offers, ({ limits }) => String(limits.prompt.max_length))).map(
    ([max, some = []]) => `${formatCount(Number(max))} at ${some.map(({ provider }) => provider).join(', ')}`,
  )
  return `${formatCount(count)} characters of ${limits.join('; ')}.`
}
