/**
 * One wide line for each unit of work, as JSON: what happened (noun.verb) and the same keys everywhere
 * (`job_id`, `provider`, `task_id`, `attempt`, `duration_ms`, `fault`).
 * Never a prompt, a key, a token, a signature or a URL's query.
 */
export type Log = (event: string, fields: Record<string, unknown>) => void

/**
 * What an error says, for a log: the innermost cause, because the database library's own message repeats the
 * statement with all of its values, prompts among them.
 */
export function sayError(error: unknown): string {
  if (!(error instanceof Error)) return 'an unnamed error'
  return error.cause instanceof Error ? sayError(error.cause) : `${error.name}: ${error.message}`
}

export const logToConsole: Log = (event, fields) => {
  console.log(JSON.stringify({ event, ...fields }))
}
