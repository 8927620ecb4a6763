/** A source document as data: the rows of its tables, and for each row the Reelhook requests that use it. */
import type { Model, sellerNames } from '../../../src/core/request/choices.ts'
import type { Submission } from '../../../src/providers/provider.ts'

export interface Document {
  title: string
  provider: (typeof sellerNames)[number]
  model: Model
  /** The fields of every request, unless a row overrides them. */
  base: Overrides
  rows: Row[]
  fixed: FixedRow[]
  /** Rows that neither a caller nor Reelhook sets. */
  unsupported: string[]
  /** The parameter that identifies the task in a status request. */
  statusParameter: { name: string; at: string; value: (providerTaskId: string) => unknown }
}

export interface Row {
  /** The documented name, with dots for nested objects. */
  name: string
  uses: Use[]
  /** Requests just outside the allowed values. */
  refused: Overrides[]
}

/** A request, and the value that is sent for it at a path. `value` has media as in the request. */
export interface Use {
  request: Overrides
  at: string
  value: unknown
}

/** A row that Reelhook sets and a caller cannot. */
export interface FixedRow {
  name: string
  at: string
  value: (submission: Submission) => unknown
}

export type Overrides = Record<string, unknown>

/** The allowed values of a row (each value of a list, both ends of a range), and values just outside. */
interface Limits {
  values: readonly unknown[]
  outside: readonly unknown[]
}

type RequestWith = (value: unknown) => Overrides

/** Rows whose values are sent below `root`, under the row's name. */
export function rowsBelow(root: string) {
  return {
    row: (name: string, { values, outside }: Limits, requestWith: RequestWith): Row => ({
      name,
      uses: values.map((value) => ({ request: requestWith(value), at: `${root}.${name}`, value })),
      refused: outside.map(requestWith),
    }),
    fixed: (name: string, value: FixedRow['value']): FixedRow => ({ name, at: `${root}.${name}`, value }),
  }
}

/** The same row with further uses and refusals. */
export function more(row: Row, uses: Use[], refused: Overrides[] = []): Row {
  return { ...row, uses: [...row.uses, ...uses], refused: [...row.refused, ...refused] }
}

export function ofText(...values: string[]): Limits {
  return { values, outside: [7] }
}

export function length(min: number, max: number): Limits {
  return {
    values: ['x'.repeat(min), 'x'.repeat(max)],
    outside: ['x'.repeat(min - 1), 'x'.repeat(max + 1), undefined],
  }
}

export function oneOf(...values: (string | number)[]): Limits {
  return { values, outside: ['none of these'] }
}

/** `defaults` are values that can also be set explicitly. */
export function integer(min: number, max: number, ...defaults: number[]): Limits {
  return { values: [min, max, ...defaults], outside: [min - 1, max + 1, min + 0.5, String(min)] }
}

export function atLeast(min: number): Limits {
  return { values: [min, 86_400 * 365], outside: [min - 1, min + 0.5] }
}

export const flag: Limits = { values: [true, false], outside: ['true', 1] }

/** From one item in each form to the maximum number of items. An empty list is never sent. */
export function listOf(max: number, forms: readonly string[], invalidForms: readonly string[] = []): Limits {
  const [form] = forms
  return {
    values: [...forms.map((each) => [each]), Array(max).fill(form)],
    outside: [Array(max + 1).fill(form), ...invalidForms.map((each) => [each])],
  }
}
