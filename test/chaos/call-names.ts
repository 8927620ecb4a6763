/**
 * Names every call that the Worker makes to D1, R2, a queue or another host, such as `D1 claim job` or
 * `fetch submit crun`. Faults and kills select calls by these names.
 */
import type { ProviderName } from '../../src/core/request/choices.ts'

export interface Statement {
  sql: string
  values: unknown[]
}

/** A single statement, or all statements of a batch. */
export function nameStatements(statements: readonly Statement[]): string {
  const find = (pattern: RegExp) => statements.find(({ sql }) => pattern.test(sql))
  const commit = find(/^update "jobs" set "status" = \?/)
  if (commit !== undefined) return `D1 commit ${commit.values[0]}`
  if (find(/^update "jobs" set "progress" = \?/) !== undefined) return 'D1 commit unchanged'
  const match = statementNames.find(({ pattern }) => find(pattern) !== undefined)
  return `D1 ${match?.name ?? 'other'}`
}

// The first match wins.
const statementNames = [
  { pattern: /^insert into "jobs"/, name: 'insert job' },
  { pattern: /^insert into "webhooks"/, name: 'insert webhook' },
  { pattern: /^update "deliveries" .*"last_started_at"/, name: 'commit attempt' },
  { pattern: /^insert into "tasks"/, name: 'insert task' },
  { pattern: /^update "tasks" set "received_video"/, name: 'record received video' },
  { pattern: /^update "deliveries" .*"lease"/, name: 'claim delivery' },
  { pattern: /^update "jobs" .*"lease"/, name: 'claim job' },
  { pattern: /^update "tasks" set "provider_task_id"/, name: 'record late task' },
  { pattern: /"due_at" <= \?.* limit \?/, name: 'find overdue' },
]

/** Media that came with a request, a video that a provider uploaded, or a video that the Worker downloaded. */
export function nameObject(key: string): string {
  if (key.includes('/inputs/')) return 'R2 put input'
  return key.includes('/uploads/') ? 'R2 put received video' : 'R2 put video'
}

export function nameMessage(body: unknown): string {
  const [kind = 'nothing'] = Object.keys(body ?? {})
  return `queue ${kind}`
}

/** Providers differ in their paths. Runware has one path for everything, so its body decides. */
export async function nameRequest(request: Request): Promise<string> {
  const { pathname } = new URL(request.url)
  const match = requestNames.find(
    ({ path, method }) => path.test(pathname) && (method ?? request.method) === request.method,
  )
  if (match === undefined) return unknownRequest
  const [action, provider] = match.name.split(' ')
  if (action === 'submit' && isDryRun(request)) return `fetch price ${provider}`
  if (match.name !== 'submit runware') return `fetch ${match.name}`
  return (await request.clone().text()).includes('"getResponse"')
    ? 'fetch poll runware'
    : 'fetch submit runware'
}

/** No call may have this name: `requestNames` lacks a path. */
const unknownRequest = 'fetch unknown'

function isDryRun({ url, headers }: Request): boolean {
  return new URL(url).searchParams.get('dryRun') === 'true' || headers.has('x-runware-dry-run')
}

type ProviderCall = 'submit' | 'poll' | 'find' | 'cancel' | 'price' | 'upload' | 'upload part' | 'keys'
type RequestName = 'callback' | 'input' | 'media' | `${ProviderCall} ${ProviderName}`

const requestNames: { path: RegExp; method?: string; name: RequestName }[] = [
  { path: /^\/hook\//, name: 'callback' },
  { path: /^\/picture/, name: 'input' },
  { path: /^\/media\//, name: 'media' },
  { path: /^\/runware\//, name: 'submit runware' },
  { path: /\/CreateTask$/, name: 'submit crun' },
  { path: /\/TaskInfo$/, name: 'poll crun' },
  { path: /\/estimate-credits$/, name: 'price crun' },
  { path: /\/generate\/custom\//, name: 'submit scenario' },
  { path: /^\/scenario\/v1\/jobs$/, name: 'find scenario' },
  { path: /^\/scenario\/v1\/(jobs|assets)\//, name: 'poll scenario' },
  { path: /^\/scenario\/v1\/uploads/, name: 'upload scenario' },
  { path: /^\/scenario\/parts\//, name: 'upload part scenario' },
  { path: /^\/aimlapi\/v2\/video\/generations$/, method: 'POST', name: 'submit aimlapi' },
  { path: /^\/aimlapi\/v2\/video\/generations$/, method: 'GET', name: 'poll aimlapi' },
  { path: /^\/aimlapi\/v2\/logs$/, name: 'find aimlapi' },
  { path: /^\/aimlapi\/v1\/models$/, name: 'price aimlapi' },
  { path: /^\/byteplus\/.*\/tasks$/, method: 'POST', name: 'submit byteplus' },
  { path: /^\/byteplus\/.*\/tasks$/, method: 'GET', name: 'find byteplus' },
  { path: /^\/byteplus\/.*\/tasks\/[^/]+$/, method: 'GET', name: 'poll byteplus' },
  { path: /^\/byteplus\/.*\/tasks\/[^/]+$/, method: 'DELETE', name: 'cancel byteplus' },
  { path: /^\/fal\/\.well-known\/jwks\.json$/, name: 'keys fal' },
  { path: /^\/fal\/[^/]+\/[^/]+\/requests\//, method: 'GET', name: 'poll fal' },
  { path: /^\/fal\/.*\/requests\/[^/]+\/cancel$/, method: 'PUT', name: 'cancel fal' },
  { path: /^\/fal\/bytedance\//, method: 'POST', name: 'submit fal' },
]

/**
 * Every name that a whole storm must produce. A pattern above that no longer matches anything would inject its faults
 * nowhere, and nothing else would show it.
 */
export const expectedCalls: string[] = [
  ...['unchanged', 'generating', 'storing', 'succeeded', 'failed', 'canceled'].map(
    (status) => `D1 commit ${status}`,
  ),
  ...statementNames.map(({ name }) => `D1 ${name}`),
  'D1 other',
  'R2 put input',
  'R2 put received video',
  'R2 put video',
  'R2 start upload',
  'R2 upload part',
  'R2 complete upload',
  'queue job',
  'queue result',
  'queue delivery',
  'queue webhook',
  'queue cancel',
  ...requestNames.map(({ name }) => `fetch ${name}`),
  'fetch poll runware',
]

/** Names that a storm may produce. Any other name is a call that the patterns above do not know. */
export const possibleCalls: string[] = [
  'R2 abort upload',
  'queue late',
  'fetch price runware',
  'fetch price scenario',
]
