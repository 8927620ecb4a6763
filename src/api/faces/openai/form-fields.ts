/** The text fields of a form as JSON: `a[b]` is a member, `a[]` an item. No I/O. */
import { utf8TextIn } from '../../../core/http/utf8.ts'
import type { FieldFault } from '../../problems.ts'

export interface FormFields {
  fields: Record<string, unknown>
  faults: FieldFault[]
}

export function readFormFields(texts: readonly [name: string, text: Uint8Array][]): FormFields {
  const root: Members = new Map()
  const faults: FieldFault[] = []
  for (const [name, bytes] of texts) {
    const text = utf8TextIn(bytes)
    if (text === null) faults.push({ path: name, message: 'is not valid UTF-8' })
    else if (!put(root, stepsOf(name), text)) faults.push({ path: name, message: 'is given more than once' })
  }
  return { fields: membersOf(root), faults }
}

type Members = Map<string, Value>
type Value = string | string[] | Members

/** A name that is not well-formed is one step: nothing has it. */
function stepsOf(name: string): string[] {
  const [, first, rest = ''] = /^([^[\]]+)((?:\[[^[\]]*\]){0,4})$/.exec(name) ?? []
  if (first === undefined) return [name]
  return [first, ...Array.from(rest.matchAll(/\[([^[\]]*)\]/g), ([, step = '']) => step)]
}

/** False: the place is taken. */
function put(members: Members, [step = '', ...rest]: string[], text: string): boolean {
  const there = members.get(step)
  if (rest.length === 0) {
    if (there !== undefined) return false
    members.set(step, text)
    return true
  }
  if (rest.length === 1 && rest[0] === '') {
    if (there === undefined) members.set(step, [text])
    else if (Array.isArray(there)) there.push(text)
    return there === undefined || Array.isArray(there)
  }
  const inner = there ?? new Map()
  if (!(inner instanceof Map)) return false
  members.set(step, inner)
  return put(inner, rest, text)
}

/** `fromEntries` defines its members, so `__proto__` is one like any other, and is refused later. */
function membersOf(members: Members): Record<string, unknown> {
  return Object.fromEntries(
    Array.from(members, ([name, value]) => [name, value instanceof Map ? membersOf(value) : value]),
  )
}
