/** The fields of a new endpoint and of one that is changed, each with its fault. */

import type { EventTypeView } from '../../api/description/event-types.ts'
import type { Problem } from '../../api/in-process.ts'
import { eventFormats } from '../../core/event.ts'
import { control, Fault, Field, faultAt } from '../components/field.tsx'
import { ProblemAlert } from '../components/problem.tsx'
import { type EndpointFields, formatTexts } from './fields.ts'

interface Props {
  fields: EndpointFields
  types: readonly EventTypeView[]
  problem: Problem | undefined
  texts: { url: string; secret: string }
}

export function EndpointFormFields({ fields, types, problem, texts }: Props) {
  const fault = (name: string) => faultAt(problem, name)
  return (
    <>
      {problem !== undefined && <ProblemAlert problem={problem} />}
      <Field name="url" label="URL" hint={texts.url} fault={fault('url')}>
        <input
          {...control('url', fault('url'))}
          type="url"
          required
          value={fields.url}
          placeholder="https://hooks.example.com/reelhook"
          autocomplete="off"
          spellcheck={false}
        />
      </Field>
      <Field
        name="description"
        label="Description"
        hint="For people: which program receives the events."
        fault={fault('description')}
      >
        <input
          {...control('description', fault('description'))}
          autocomplete="off"
          value={fields.description}
          dir="auto"
        />
      </Field>
      <fieldset aria-describedby={fault('event_types') === '' ? undefined : 'event_types-fault'}>
        <legend>Events</legend>
        {types.map(({ type, description }) => (
          <label class="choice">
            <input
              type="checkbox"
              name="event_types"
              value={type}
              checked={fields.event_types.includes(type)}
            />
            <span>
              <code>{type}</code> <span class="quiet">{description}</span>
            </span>
          </label>
        ))}
        <Fault name="event_types" fault={fault('event_types')} />
      </fieldset>
      <Field
        name="format"
        label="Format"
        hint="How the bodies are written. The formats of other APIs have job.succeeded, job.failed and job.canceled only. Pending deliveries keep theirs."
        fault={fault('format')}
      >
        <select {...control('format', fault('format'))}>
          {eventFormats.map((format) => (
            <option value={format} selected={fields.format === format}>
              {formatTexts[format]}
            </option>
          ))}
        </select>
      </Field>
      <Field
        name="metadata"
        label="Only jobs with this metadata"
        hint="A line for each pair, as tenant=7. The metadata of a job must contain all of them. Empty: all jobs."
        fault={fault('metadata')}
      >
        <textarea {...control('metadata', fault('metadata'))} spellcheck={false} dir="auto">
          {fields.metadata}
        </textarea>
      </Field>
      <Field name="secret" label="Signing secret" hint={texts.secret} fault={fault('secret')}>
        <input
          {...control('secret', fault('secret'))}
          type="password"
          autocomplete="new-password"
          placeholder="whsec_…"
        />
      </Field>
    </>
  )
}
