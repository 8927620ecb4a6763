/** The fields of a new key and of one that is changed, each with its fault. */

import type { Problem } from '../../api/in-process.ts'
import { type Scope, scopes } from '../../core/access.ts'
import { control, Fault, Field } from '../components/field.tsx'
import { ProblemAlert } from '../components/problem.tsx'
import type { KeyFields } from './fields.ts'

interface Props {
  fields: KeyFields
  problem: Problem | undefined
  /** The project of a key cannot be changed. */
  isNew: boolean
}

const scopeTexts: Record<Scope, string> = {
  'jobs:read': 'See jobs, videos, assets and statistics.',
  'jobs:write': 'Create, cancel, retry and erase jobs; upload and delete assets.',
  deliveries: 'See and repeat deliveries; manage endpoints; rotate the secret of this key.',
  metrics: 'Read the metrics of the whole deployment, for Prometheus. Not with a project.',
  admin: 'All of these, and API keys. Not with a project.',
}

export function KeyFormFields({ fields, problem, isNew }: Props) {
  const faults = problem?.errors ?? []
  const faultOf = (name: string) =>
    faults
      .filter(({ path }) => path === name || path.startsWith(`${name}.`))
      .map(({ message }) => message)
      .join('; ')
  const text = (name: keyof KeyFields, label: string, hint: string, more: Record<string, unknown> = {}) => (
    <Field name={name} label={label} hint={hint} fault={faultOf(name)}>
      <input {...control(name, faultOf(name))} value={fields[name]} {...more} />
    </Field>
  )
  const rate = 'requests_per_minute'
  return (
    <>
      {problem !== undefined &&
        (faults.length === 0 ? (
          <ProblemAlert problem={problem} />
        ) : (
          <p class="alert bad" role="alert">
            Nothing was saved. Correct the marked fields:{' '}
            {faults.map(({ path }) => path || 'the form').join(', ')}.
          </p>
        ))}
      {text('name', 'Name', 'For people: which program or person uses the key.', {
        required: true,
        maxlength: 100,
        dir: 'auto',
      })}
      <fieldset aria-describedby={faultOf('scopes') === '' ? undefined : 'scopes-fault'}>
        <legend>Scopes</legend>
        {scopes.map((scope) => (
          <label class="choice">
            <input type="checkbox" name="scopes" value={scope} checked={fields.scopes.includes(scope)} />
            <span>
              <code>{scope}</code> <span class="quiet">{scopeTexts[scope]}</span>
            </span>
          </label>
        ))}
        <Fault name="scopes" fault={faultOf('scopes')} />
      </fieldset>
      {isNew &&
        text(
          'project',
          'Project',
          'The key sees and changes this project only. Empty: all. It cannot be changed later.',
          { autocomplete: 'off', spellcheck: 'false' },
        )}
      <div class="columns">
        {text(
          'monthly_budget_usd',
          'Monthly budget (US dollars)',
          'For each month in UTC. Empty: any amount.',
          {
            type: 'number',
            min: 0,
            step: 'any',
            autocomplete: 'off',
          },
        )}
        <Field
          name={rate}
          label="Requests per minute"
          hint="Counted per Cloudflare location."
          fault={faultOf(rate)}
        >
          <select {...control(rate, faultOf(rate))}>
            {['', '60', '300', '1200'].map((value) => (
              <option value={value} selected={value === fields[rate]}>
                {value === '' ? 'The limit of the deployment' : value}
              </option>
            ))}
          </select>
        </Field>
        {text('expires_at', 'Expires (UTC)', 'From then on the key is refused. Empty: never.', {
          type: 'datetime-local',
          step: 1,
        })}
        {text('callback_url', 'Default callback URL', 'For jobs that name none. Empty: none.', {
          type: 'url',
          autocomplete: 'off',
        })}
      </div>
    </>
  )
}
