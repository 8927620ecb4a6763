/** The texts of a JSON value from outside, judged before a schema has seen it. No I/O. No clock. */
import { textFault, type ValidateText } from './text.ts'

/**
 * Every key and every text of a JSON value that is not taken, by its path. Schemas do not see them all: they drop
 * `__proto__`, and what they call unknown may hold anything.
 */
export function jsonFaults(
  json: unknown,
  judge: ValidateText = textFault,
): { path: string; message: string }[] {
  const faults: { path: string; message: string }[] = []
  // A stack of its own: the depth is the sender's choice, and must not overflow ours.
  const left: Node[] = [{ value: json, key: '', parent: null }]
  for (let node = left.pop(); node !== undefined && faults.length < mostFaults; node = left.pop()) {
    const message = faultAt(node, judge)
    if (message !== null) faults.push({ path: pathOf(node), message })
    for (const child of childrenOf(node).reverse()) left.push(child)
  }
  return faults
}

interface Node {
  value: unknown
  key: string
  parent: Node | null
}

// Of a query's metadata filter, too.
const lostName = /^(?:metadata\[)?__proto__\]?$/

// As many help nobody, and an answer is not to be many times as long as its request.
const mostFaults = 100

function faultAt({ value, key }: Node, judge: ValidateText): string | null {
  if (lostName.test(key)) return 'is not taken as a name: many programs lose it'
  const inKey = judge(key, 'name')
  if (inKey !== null) return `has a name that ${inKey}`
  return typeof value === 'string' ? judge(value, 'text') : null
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
