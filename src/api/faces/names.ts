/** Faults under the names of a dialect: its client knows no other names of the fields. */
import type { Context as HonoContext } from 'hono'
import type { Problem } from '../in-process.ts'
import { faultsOf, notAccepted } from '../jobs/request.ts'
import { type FieldFault, problem } from '../problems.ts'
import type { FaceEnv } from './face.ts'

/** The path in the dialect for each path of a job request that has another name there. */
export type Names = ReadonlyMap<string, string>

interface Faulty {
  request: unknown
  names: Names
  /** Those that the face has found. */
  faults: readonly FieldFault[]
}

/** All faults at once: those of the dialect, and those that /v1 would find. */
export async function refuse(c: HonoContext<FaceEnv>, { request, names, faults }: Faulty): Promise<Response> {
  const reported = new Set(faults.map(({ path }) => path))
  const others = renamedFaults(await faultsOf(c.get('context'), c.get('caller'), request), names)
  const unreported = others.filter(({ path }) => !reported.has(path))
  return problem(c, 'invalid_request', notAccepted, [...faults, ...unreported])
}

/** The response, with the dialect's names of the fields that its problem names. */
export async function renamed(response: Response, names: Names): Promise<Response> {
  const { errors, ...shown } = await response.json<Problem>()
  const body = errors === undefined ? shown : { ...shown, errors: renamedFaults(errors, names) }
  return new Response(JSON.stringify(body), response)
}

/** One for each field and message: two of ours may come from one. */
function renamedFaults(faults: readonly FieldFault[], names: Names): FieldFault[] {
  const all = faults.map(({ path, message }) => ({ path: nameOf(names, path), message }))
  return [...new Map(all.map((fault) => [JSON.stringify(fault), fault])).values()]
}

/** By the longest part of the path that has another name. */
function nameOf(names: Names, path: string): string {
  const parts = path.split('.')
  for (let length = parts.length; length > 0; length--) {
    const name = names.get(parts.slice(0, length).join('.'))
    if (name !== undefined) return [name, ...parts.slice(length)].join('.')
  }
  return path
}
