/**
 * One wide line for each unit of work, as JSON: what happened (noun.verb) and the same keys everywhere
 * (`job_id`, `provider`, `task_id`, `attempt`, `duration_ms`, `fault`).
 * Never a prompt, a key, a token, a signature or a URL's query.
 */
export type Log = (event: string, fields: Record<string, unknown>) => void

export const logToConsole: Log = (event, fields) => {
  console.log(JSON.stringify({ event, ...fields }))
}
