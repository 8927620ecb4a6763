/** Calls the Worker directly, with bindings that the test chooses. */
import { fetchWith } from './runtime.ts'
import { publicBaseUrl } from './world.ts'

/** `bindings` replace the real ones; an undefined one removes it. */
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
