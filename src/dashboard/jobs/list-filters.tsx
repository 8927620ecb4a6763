/** The search and the filters above the list of jobs. */
import { jobStatuses } from '../../core/job/job.ts'
import { models, sellerNames } from '../../core/request/choices.ts'
import { Choice, named } from '../components/choice.tsx'
import { bareControl } from '../components/field.tsx'
import { shownMoment } from '../form.ts'
import { FilterChips } from './filter-chips.tsx'
import { Field } from './filter-field.tsx'
import { type Faults, type Filters, faultsByField, filterValue, filterValues } from './filters.ts'

const choices = [
  ['status', 'Status', jobStatuses],
  ['provider', 'Provider', sellerNames],
  ['model', 'Model', models],
] as const
const times = [
  ['created_after', 'Created after (UTC)'],
  ['created_before', 'Created before (UTC)'],
] as const
const fields = [...choices.map(([name]) => name), ...times.map(([name]) => name), 'metadata', 'limit']

interface FormProps {
  filters: Filters
  /** The text of the search field. */
  text: string
  faults: Faults
}

export function FilterForm({ filters, text, faults }: FormProps) {
  const byField = faultsByField(faults, fields)
  const faultAt = (name: string) => byField.get(name)?.join('. ') ?? ''
  const metadata = filterValues(filters, 'metadata')
  return (
    <form method="get" action="/jobs" class="job-filters">
      <SearchField text={text} />
      {byField.has('') && (
        <div class="alert bad" role="alert">
          {byField.get('')?.map((fault) => (
            <p>The address of this page {fault}.</p>
          ))}
        </div>
      )}
      <details open={byField.size > 0}>
        <summary>Filters</summary>
        <div class="fields">
          {choices.map(([name, label, values]) => (
            <Field name={name} label={label} fault={faultAt(name)}>
              <Choice
                attributes={bareControl(name, faultAt(name))}
                options={values.map(named)}
                value={filterValue(filters, name)}
              />
            </Field>
          ))}
          {times.map(([name, label]) => (
            <Field name={name} label={label} fault={faultAt(name)}>
              <input
                {...bareControl(name, faultAt(name))}
                type="datetime-local"
                step="any"
                value={shownMoment(filterValue(filters, name))}
              />
            </Field>
          ))}
          <Field name="metadata" label="Metadata, as key=value" fault={faultAt('metadata')}>
            {[...metadata, ''].map((entry, n) => (
              <input
                {...bareControl('metadata', faultAt('metadata'))}
                id={n === 0 ? 'metadata' : undefined}
                aria-label={n === 0 ? undefined : 'Further metadata, as key=value'}
                value={entry}
                dir="auto"
                autocomplete="off"
              />
            ))}
          </Field>
          <Field name="limit" label="Jobs on a page" fault={faultAt('limit')}>
            <select {...bareControl('limit', faultAt('limit'))}>
              {pageSizesWith(filterValue(filters, 'limit')).map((size) => (
                <option value={size === '20' ? '' : size} selected={size === filterValue(filters, 'limit')}>
                  {size}
                </option>
              ))}
            </select>
          </Field>
        </div>
        <button type="submit">Apply filters</button>
      </details>
      <FilterChips filters={filters} />
    </form>
  )
}

function SearchField({ text }: { text: string }) {
  return (
    <>
      <label for="q">Find a job</label>
      <div class="search">
        <input
          id="q"
          name="q"
          type="search"
          value={text}
          placeholder="job_… or order=42"
          dir="auto"
          autocomplete="off"
          spellcheck={false}
          aria-describedby={text === '' ? undefined : 'searchable'}
        />
        <button type="submit" class="primary">
          Search
        </button>
      </div>
      {text !== '' && (
        <div class="alert active" role="alert" id="searchable">
          <p>
            Nothing can be found by <b dir="auto">{text}</b>. The list below is without it. You can search
            for:
          </p>
          <ul>
            <li>
              the whole id of a job, a delivery or an endpoint: <code>job_…</code>, <code>dlv_…</code>,{' '}
              <code>ep_…</code>
            </li>
            <li>the link to a job or to its video</li>
            <li>
              one entry of the metadata: <code>key=value</code>
            </li>
          </ul>
          <p>Words of a prompt, ids of events and ids at a provider cannot be searched for.</p>
        </div>
      )}
    </>
  )
}

/** A size that only the URL has stays chosen. */
function pageSizesWith(size: string): string[] {
  const sizes = ['20', '50', '100']
  return size === '' || sizes.includes(size) ? sizes : [...sizes, size]
}
