/**
 * One wide line for each unit of work, as JSON: what happened (noun.verb) and the same keys everywhere
 * (`job_id`, `provider`, `task_id`, `attempt`, `duration_ms`, `fault`).
 * Never a prompt, a key, a token, a signature or a URL's query.
 */
export type Log = (event: string, fields: Record<string, unknown>) => void

/**
 * What an error says, for a log: the innermost cause, because the database library's own message repeats the
 * statement with all of its values, prompts among them. Nor is what a parser quotes of its text any of the log's
 * business.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'an unnamed error'
  if (error.cause instanceof Error) return describeError(error.cause)
  return error instanceof SyntaxError ? error.name : withoutPaths(`${error.name}: ${error.message}`)
}

/** Of a URL its host alone: tokens stand in queries, and in paths as well. */
export function withoutPaths(text: string): string {
  return text.replaceAll(/(https?:\/\/)[^\s"'<>]*/gi, (url) =>
    URL.canParse(url) ? `${new URL(url).origin}/…` : '…',
  )
}

export const logToConsole: Log = (event, fields) => {
  console.log(JSON.stringify({ event, ...fields }))
}
