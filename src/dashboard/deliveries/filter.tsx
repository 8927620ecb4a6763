/** The filters of the delivery log, in the URL. */
import type { DeliveryView } from '../../api/deliveries/view.ts'
import type { EndpointView } from '../../api/endpoints/view.ts'
import { type Problem, queryOf } from '../../api/in-process.ts'
import { deliveryStatuses } from '../../core/delivery.ts'
import { eventTypes } from '../../core/event.ts'
import { Choice, named } from '../components/choice.tsx'
import { bareControl, Fault, faultAt } from '../components/field.tsx'
import { inUtc, shownMoment } from '../form.ts'

export const filterNames = ['status', 'event_type', 'endpoint_id', 'job_id', 'since', 'until'] as const
type FilterName = (typeof filterNames)[number]
export type DeliveryFilter = Record<FilterName, string>

export interface DeliveryList {
  data: DeliveryView[]
  next_cursor: string | null
}

/** As people typed them. */
export function readFilter(query: Record<string, string>): DeliveryFilter {
  const { status = '', event_type = '', job_id = '', endpoint_id = '', since = '', until = '' } = query
  return { status, event_type, job_id: job_id.trim(), endpoint_id, since, until }
}

export function hasFilter(filter: DeliveryFilter): boolean {
  return filterNames.some((name) => filter[name] !== '')
}

/** The query of GET /v1/deliveries. */
export function apiQuery(filter: DeliveryFilter, more: { cursor?: string; limit?: string } = {}): string {
  return queryOf({ ...filter, since: inUtc(filter.since), until: inUtc(filter.until), ...more })
}

interface Props {
  action: string
  submit: string
  names: readonly FilterName[]
  filter: DeliveryFilter
  endpoints: readonly EndpointView[]
  problem: Problem | undefined
}

export function FilterForm({ action, submit, names, filter, endpoints, problem }: Props) {
  return (
    <form method="get" action={action} class="filters" aria-label="Filters">
      {names.map((name) => {
        const fault = faultAt(problem, name)
        return (
          <div>
            <label for={name}>{labels[name]}</label>
            <Control name={name} value={filter[name]} fault={fault} endpoints={endpoints} />
            <Fault name={name} fault={fault} />
          </div>
        )
      })}
      <div class="row">
        <button type="submit" class="primary">
          {submit}
        </button>
        {hasFilter(filter) && <a href={action}>Clear</a>}
      </div>
    </form>
  )
}

const labels: Readonly<Record<FilterName, string>> = {
  status: 'Status',
  event_type: 'Event',
  endpoint_id: 'Endpoint',
  job_id: 'Job',
  since: 'Since (UTC)',
  until: 'Until (UTC)',
}

interface ControlProps {
  name: FilterName
  value: string
  fault: string
  endpoints: readonly EndpointView[]
}

function Control({ name, value, fault, endpoints }: ControlProps) {
  const attributes = bareControl(name, fault)
  switch (name) {
    case 'since':
    case 'until':
      return <input {...attributes} type="datetime-local" value={shownMoment(value)} />
    case 'job_id':
      return <input {...attributes} value={value} placeholder="job_…" spellcheck={false} />
    case 'status':
      return <Choice attributes={attributes} value={value} options={deliveryStatuses.map(named)} />
    case 'event_type':
      return <Choice attributes={attributes} value={value} options={eventTypes.map(named)} />
    case 'endpoint_id': {
      const options = endpoints.map(({ id, url, description }) => [id, description ?? url] as const)
      return <Choice attributes={attributes} value={value} options={options} />
    }
  }
}
