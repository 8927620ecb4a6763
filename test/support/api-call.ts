/** The Worker asked directly, with bindings of the test's own choice. */
import { fetchWith } from './runtime.ts'
import { publicBaseUrl } from './world.ts'

/** `bindings` stand in for the real ones, or, undefined, take them away. */
export async function ask(
  path: string,
  init: RequestInit,
  bindings: Record<string, unknown>,
): Promise<Response> {
  return fetchWith(bindings as Partial<Env>, new Request(`${publicBaseUrl}${path}`, init))
}

/** A database that is down. */
export const deadDatabase = {
  prepare: () => {
    throw new Error('D1_ERROR: the database is down')
  },
}
