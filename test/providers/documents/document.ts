/** A source document as data: the rows of its tables, and for each the Reelhook requests that use it. */
import type { Model, ProviderName } from '../../../src/core/request/request.ts'
import type { Submission } from '../../../src/providers/provider.ts'

export interface Document {
  title: string
  provider: ProviderName
  model: Model
  /** What a request of it has where the row says nothing else. */
  base: Overrides
  rows: Row[]
  own: OwnRow[]
  /** Rows that nobody can set yet. */
  closed: string[]
  /** The parameter by which a task is asked for. */
  question: { name: string; at: string; value: (providerTaskId: string) => unknown }
}

export interface Row {
  /** As the document has it, with dots into objects. */
  name: string
  uses: Use[]
  /** Requests just outside of what it allows. */
  refused: Overrides[]
}

/** A request, and what of it is sent where. Media stand in `value` as in the request. */
export interface Use {
  request: Overrides
  at: string
  value: unknown
}

/** A row that Reelhook fills in itself, so that no caller may. */
export interface OwnRow {
  name: string
  at: string
  value: (submission: Submission) => unknown
}

export type Overrides = Record<string, unknown>

/** What a row allows: each value of a list, both ends of a range; and what lies just outside. */
interface Limits {
  values: readonly unknown[]
  outside: readonly unknown[]
}

type Ask = (value: unknown) => Overrides

/** Rows whose values are sent below `root`, under their own names. */
export function rowsBelow(root: string) {
  return {
    row: (name: string, { values, outside }: Limits, ask: Ask): Row => ({
      name,
      uses: values.map((value) => ({ request: ask(value), at: `${root}.${name}`, value })),
      refused: outside.map(ask),
    }),
    own: (name: string, value: OwnRow['value']): OwnRow => ({ name, at: `${root}.${name}`, value }),
  }
}

/** The same row, used or refused in more ways. */
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

/** With its default, which can be asked for as well. */
export function integer(min: number, max: number, ...defaults: number[]): Limits {
  return { values: [min, max, ...defaults], outside: [min - 1, max + 1, min + 0.5, String(min)] }
}

export function atLeast(min: number): Limits {
  return { values: [min, 86_400 * 365], outside: [min - 1, min + 0.5] }
}

export const flag: Limits = { values: [true, false], outside: ['true', 1] }

/** From one item in each form to as many as may be. An empty list is none, and never sent. */
export function listOf(max: number, forms: readonly string[], notThese: readonly string[] = []): Limits {
  const [form] = forms
  return {
    values: [...forms.map((each) => [each]), Array(max).fill(form)],
    outside: [Array(max + 1).fill(form), ...notThese.map((each) => [each])],
  }
}
