/** Validates the strings of a JSON value from outside, before any schema. No I/O. No clock. */
import { textFault, type ValidateText } from './text.ts'

/**
 * Every refused key and string of a JSON value, with its path. Schemas do not see all of them: they drop `__proto__`, and
 * a field of type unknown may contain anything.
 */
export function jsonFaults(
  json: unknown,
  validate: ValidateText = textFault,
): { path: string; message: string }[] {
  const faults: { path: string; message: string }[] = []
  // An explicit stack: the sender chooses the depth, which must not overflow the call stack.
  const pending: Node[] = [{ value: json, key: '', parent: null }]
  for (let node = pending.pop(); node !== undefined && faults.length < maxFaults; node = pending.pop()) {
    const message = faultAt(node, validate)
    if (message !== null) faults.push({ path: pathOf(node), message })
    for (const child of childrenOf(node).reverse()) pending.push(child)
  }
  return faults
}

interface Node {
  value: unknown
  key: string
  parent: Node | null
}

// The second form is in the metadata filter of a query.
const forbiddenName = /^(?:metadata\[)?__proto__\]?$/

// More faults would not help, and would make the response many times longer than the request.
const maxFaults = 100

function faultAt({ value, key }: Node, validate: ValidateText): string | null {
  if (forbiddenName.test(key)) return 'is not allowed as a name: many programs drop it'
  const inKey = validate(key, 'name')
  if (inKey !== null) return `has a name that ${inKey}`
  return typeof value === 'string' ? validate(value, 'text') : null
}

function childrenOf(parent: Node): Node[] {
  const { value } = parent
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).map(([key, child]) => ({ value: child, key, parent }))
}

function pathOf(node: Node): string {
  const keys: string[] = []
  for (let at = node; at.parent !== null; at = at.parent) keys.unshift(at.key.toWellFormed())
  return keys.join('.')
}
