/** The filters of the list of jobs, in the URL of the page and in the queries of the API. No I/O. */
import type { Problem } from '../../api/in-process.ts'
import { inUtc } from '../form.ts'

/** The parameters of the page's URL that the list depends on, in their order. No value is empty. */
export type Filters = readonly (readonly [name: string, value: string])[]

export type Faults = NonNullable<Problem['errors']>

export function filtersIn(query: URLSearchParams): Filters {
  return [...query]
    .map(([name, value]) => [name, value.trim()] as const)
    .filter(([name, value]) => value !== '' && !['q', 'notice'].includes(name))
}

/** Empty: there is no such parameter. */
export function filterValue(filters: Filters, name: string): string {
  return filterValues(filters, name)[0] ?? ''
}

export function filterValues(filters: Filters, name: string): string[] {
  return filters.flatMap((filter) => (filter[0] === name ? [filter[1]] : []))
}

/** Not the parameters that say which part of the list a page shows. */
export function isFilter([name]: Filters[number]): boolean {
  return name !== 'limit' && name !== 'cursor'
}

/** The same list from its beginning. */
export function firstPage(filters: Filters): Filters {
  return filters.filter(([name]) => name !== 'cursor')
}

export function listPath(filters: Filters): string {
  return `/jobs${written(filters)}`
}

const metadataEntry = /^([^=]+)=(.*)$/s

/** The query of GET /v1/jobs. It gets unknown and repeated parameters too, and names them as faults. */
export function listQuery(filters: Filters): string {
  return written(filters.map(([name, value]) => parameterOf(name, value)))
}

/** The query of GET /v1/events. Not the status: a job that leaves it changes the list too. */
export function eventsQuery(filters: Filters, types: readonly string[]): string {
  const lasting = filters.filter(([name]) => ['provider', 'model', 'metadata'].includes(name))
  return listQuery([['types', types.join(',')], ...lasting])
}

/** Faults of the parameter `metadata`. The API has no such parameter. */
export function metadataFaults(filters: Filters): Faults {
  return filterValues(filters, 'metadata')
    .filter((value) => !metadataEntry.test(value))
    .map((value) => ({ path: 'metadata', message: `must be key=value, not ${value}` }))
}

/** By the name of the field. Those of a parameter without a field are at the name `''`. */
export function faultsByField(faults: Faults, fields: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const { path, message } of faults) {
    const name = path.replace(/\[.*$/s, '')
    const field = fields.includes(name) ? name : ''
    const text = field === path || path === '' ? message : `${path} ${message}`
    found.set(field, [...(found.get(field) ?? []), text])
  }
  return found
}

function parameterOf(name: string, value: string): [string, string] {
  if (name === 'created_after' || name === 'created_before') return [name, inUtc(value)]
  const [, key, wanted] = name === 'metadata' ? (metadataEntry.exec(value) ?? []) : []
  return key === undefined || wanted === undefined ? [name, value] : [`metadata[${key}]`, wanted]
}

function written(pairs: Filters): string {
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs.map(([name, value]) => [name, value]))}`
}
