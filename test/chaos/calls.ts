/** What each call of the Worker at its edges is called here: `D1 claim`, `fetch submit crun`, `queue webhook`. */

export interface Statement {
  sql: string
  values: unknown[]
}

/** A statement by itself, or those of one batch. */
export function nameStatements(statements: readonly Statement[]): string {
  const has = (words: RegExp) => statements.find(({ sql }) => words.test(sql))
  const commit = has(/^update "jobs" set "status" = \?/)
  if (commit !== undefined) return `D1 commit ${commit.values[0]}`
  const known = knownStatements.find(({ words }) => has(words) !== undefined)
  return `D1 ${known?.name ?? 'read'}`
}

// The first that fits.
const knownStatements: { words: RegExp; name: string }[] = [
  { words: /^insert into "jobs"/, name: 'accept' },
  { words: /^insert into "webhooks"/, name: 'journal' },
  { words: /^insert into "attempts"/, name: 'commit attempt' },
  { words: /^insert into "tasks"/, name: 'ledger' },
  { words: /^update "tasks" set "received_video"/, name: 'received video' },
  { words: /^update "deliveries" .*"lease"/, name: 'claim delivery' },
  { words: /^update "jobs" .*"lease"/, name: 'claim' },
  { words: /^update "jobs" set "due_at"/, name: 'renew' },
  { words: /"due_at" <= \?.* limit \?/, name: 'overdue' },
]

/** What came with a request, what a provider uploads, and what is copied from it. */
export function nameObject(key: string): string {
  if (key.includes('/inputs/')) return 'R2 input'
  return key.includes('/uploads/') ? 'R2 received video' : 'R2 put'
}

/** Told apart by what every provider's own paths say; Runware has one for all, and the body tells. */
export async function nameRequest(request: Request): Promise<string> {
  const { pathname, searchParams } = new URL(request.url)
  const known = knownPaths.find(
    ({ path, method }) => path.test(pathname) && (method ?? request.method) === request.method,
  )
  if (known === undefined) return 'fetch unknown'
  if (searchParams.get('dryRun') === 'true' || request.headers.has('x-runware-dry-run')) return 'fetch price'
  if (known.name !== 'submit runware') return `fetch ${known.name}`
  return (await request.clone().text()).includes('"getResponse"')
    ? 'fetch ask runware'
    : 'fetch submit runware'
}

const knownPaths: { path: RegExp; method?: string; name: string }[] = [
  { path: /^\/hook\//, name: 'callback' },
  { path: /^\/picture/, name: 'input' },
  { path: /^\/media\//, name: 'media' },
  { path: /^\/runware\//, name: 'submit runware' },
  { path: /\/CreateTask$/, name: 'submit crun' },
  { path: /\/TaskInfo$/, name: 'ask crun' },
  { path: /\/estimate-credits$/, name: 'price' },
  { path: /\/generate\/custom\//, name: 'submit scenario' },
  { path: /^\/scenario\/v1\/jobs$/, name: 'find scenario' },
  { path: /^\/scenario\/v1\/(jobs|assets)\//, name: 'ask scenario' },
  { path: /^\/scenario\/v1\/uploads/, name: 'upload scenario' },
  { path: /^\/scenario\/parts\//, name: 'part scenario' },
  { path: /^\/aimlapi\/v2\/video\/generations$/, method: 'POST', name: 'submit aimlapi' },
  { path: /^\/aimlapi\/v2\/video\/generations$/, method: 'GET', name: 'ask aimlapi' },
  { path: /^\/aimlapi\/v2\/logs$/, name: 'find aimlapi' },
  { path: /^\/aimlapi\/v1\/models$/, name: 'price' },
]
