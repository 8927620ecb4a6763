/** A condition: what is measured, the limits that raise and clear it, and what a person reads about it. No I/O. */
import type { Figures } from '../figures.ts'

/** The headings of src/runbook.md. */
type RunbookSection =
  | 'A provider is down'
  | 'Webhooks are lost'
  | 'D1 is slow'
  | 'D1 is nearly full'
  | 'A queue is behind'
  | 'Dead letters'
  | 'A callback host is dead'
  | 'A budget is nearly spent'
  | 'Jobs are stuck'

export interface Condition {
  name: string
  /** bad: something is broken. active: it may become so, or it costs time or money. */
  level: 'bad' | 'active'
  /** event: something happened. Each occurrence sends one message, and nothing is cleared. */
  kind: 'state' | 'event'
  unit: Unit
  /** It is raised from this value on, after two checks in a row. */
  raiseAt: number
  /** It is cleared below this value, after five checks in a row. */
  clearBelow: number
  /** The part of src/runbook.md, if it has one. */
  runbook: RunbookSection | null
  /** One for each subject. A subject without a reading has the value 0. Null: it was not measured. */
  read: (figures: Figures) => Reading[] | null
}

export type Unit = 'count' | 'share' | 'seconds'

export interface Reading {
  /** Such as the name of a provider. Empty: the deployment. */
  subject: string
  value: number
  title: string
  /** The meaning and the remedy. */
  text: string
  /** Pages of the deployment. */
  links: Link[]
}

export interface Link {
  href: string
  text: string
}

/** A condition of the whole deployment: it is true or not. */
export function wholeDeployment(
  isTrue: boolean | undefined,
  [title, text]: [title: string, text: string],
  links: Link[] = [],
): Reading[] | null {
  if (isTrue === undefined) return null
  return isTrue ? [{ subject: '', value: 1, title, text, links }] : []
}

/** The common fields of the conditions that are true or not. */
export const trueOrNot = { kind: 'state', unit: 'count', raiseAt: 1, clearBelow: 1 } as const
