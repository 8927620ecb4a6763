/**
 * One wide JSON line for each unit of work: the event (noun.verb) and the same keys everywhere (`job_id`, `provider`,
 * `task_id`, `attempt`, `duration_ms`, `fault`). Never a prompt, a key, a token, a signature or a URL's query.
 */
export type Log = (event: string, fields: Record<string, unknown>) => void

/**
 * An error's text for the log. The innermost cause, because the database library's own message repeats the statement
 * with its values, prompts among them. For a syntax error it is only the name, because the message quotes the parsed text.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'an unnamed error'
  if (error.cause instanceof Error) return describeError(error.cause)
  return error instanceof SyntaxError ? error.name : withoutPaths(`${error.name}: ${error.message}`)
}

/** Cuts every URL down to its origin: its path and its query may hold tokens. */
export function withoutPaths(text: string): string {
  return text.replaceAll(/(https?:\/\/)[^\s"'<>]*/gi, (url) =>
    URL.canParse(url) ? `${new URL(url).origin}/…` : '…',
  )
}

export const logToConsole: Log = (event, fields) => {
  console.log(JSON.stringify({ event, ...fields }))
}
