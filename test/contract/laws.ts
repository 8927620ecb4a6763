/** The laws of every response, for any request. */
import type { Call } from './calls.ts'
import type { Write } from './restore.ts'

export interface Outcome {
  status: number
  contentType: string
  /** The paths in the errors of a problem; empty for other responses. */
  errorPaths: string[]
  text: string
  writes: Write[]
}

/** The laws that this outcome breaks. */
export function brokenLaws(call: Call, outcome: Outcome): string[] {
  const { status, errorPaths, writes } = outcome
  const laws: [isKept: boolean, law: string][] = [
    [status < 500, 'no request causes a 500'],
    [status < 400 || writes.length === 0, `a refused request changes nothing: it wrote ${show(writes)}`],
    [!isSafe(call) || writes.length === 0, `a GET changes nothing: it wrote ${show(writes)}`],
    [
      !isUnidentified(call) || status === 401 || isUnknownRoute(call),
      'a key that is not valid opens nothing',
    ],
    [
      call.breaks.length === 0 || status >= 400,
      `a value that the description refuses is refused: ${show(call.breaks)}`,
    ],
    [!mustNameFaults(call, outcome) || status === 422, 'an invalid request is refused as invalid'],
    [
      !mustNameFaults(call, outcome) || missingPaths(call, errorPaths).length === 0,
      `the errors name every fault: ${show(missingPaths(call, errorPaths))} is missing`,
    ],
    [
      !isWellFormed(call) || ![400, 413, 415].includes(status),
      'a body that the description allows can be read',
    ],
    [status !== 422 || call.method === 'HEAD' || errorPaths.length > 0, 'a 422 names its faults'],
  ]
  return [...laws, ...accessLaws(call, outcome)].filter(([isKept]) => !isKept).map(([, law]) => law)
}

/** Once the description names scopes, keys need them, and a key of a project changes nothing of another. */
function accessLaws({ operation, key, twist }: Call, { status, writes }: Outcome): [boolean, string][] {
  const { scopes, requiresKey } = operation
  if (scopes === null) return []
  const mayDo = key.scopes.includes('admin') || scopes.every((scope) => key.scopes.includes(scope))
  const mustRefuse = key.isUsable && requiresKey && twist !== 'method' && !mayDo
  const foreign = writes.filter(({ project }) => project !== '*' && project !== key.project)
  return [
    [!mustRefuse || status === 403, `a key needs the scope ${scopes.join()}`],
    [
      key.project === null || foreign.length === 0,
      `a key of a project changes no other: it wrote ${show(foreign)}`,
    ],
  ]
}

function isSafe({ method }: Call): boolean {
  return method === 'GET' || method === 'HEAD'
}

function isUnidentified({ key, operation }: Call): boolean {
  return operation.requiresKey && !key.isUsable
}

/** It has no operation, so it is not found, or not found before the key is read. */
function isUnknownRoute({ twist }: Call): boolean {
  return twist === 'method'
}

/** A request that gets as far as its validation, and is broken only where the errors can name it. */
function mustNameFaults({ operation, breaks, body }: Call, { status }: Outcome): boolean {
  const isTooLarge = typeof body === 'string' && body.length > maxBodyLength
  const isPathBroken = operation.parameters.some(
    ({ name, in: place }) => place === 'path' && breaks.includes(name),
  )
  // A link is checked before its parameters are.
  const isStopped = operation.requiresKey ? [401, 403] : [401, 403, 404]
  return breaks.length > 0 && !isPathBroken && !isTooLarge && !isStopped.includes(status)
}

/** A fault inside the place names it too. */
function missingPaths({ breaks }: Call, errorPaths: string[]): string[] {
  return breaks
    .map((path) => path.toWellFormed())
    .filter((path) => !errorPaths.some((named) => named === path || named.startsWith(`${path}.`)))
}

// In UTF-16 units. Such a body has less than 1 MiB in UTF-8, unless most of it is of another script.
const maxBodyLength = 600_000

function isWellFormed({ twist, operation, body }: Call): boolean {
  return (
    twist === 'none' && !operation.takesFile && (typeof body !== 'string' || body.length <= maxBodyLength)
  )
}

function show(value: unknown): string {
  return JSON.stringify(value).slice(0, 500)
}
