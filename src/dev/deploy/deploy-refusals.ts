/** Explains a refusal of Cloudflare in one sentence that says what to do. */
import { type Refusal, refusedLogin } from './cloudflare.ts'

/** Each sentence once. */
export function explainRefusals(accountId: string, refusals: readonly Refusal[]): string {
  return [...new Set(refusals.map((refusal) => explainRefusal(accountId, refusal)))].join('\n')
}

/** For the output of wrangler. Null if it names no error that is known here. */
export function explainOutput(accountId: string, output: string): string | null {
  const codes = [...output.matchAll(/\[code:\s+(\d+)\]/g)].map(([, code]) => Number(code))
  return explainCodes(accountId, codes)
}

function explainRefusal(accountId: string, { request, codes, message }: Refusal): string {
  if (codes.length === 0) return message
  if (missingPermission.some((code) => codes.includes(code))) {
    return `${missingPermissionText(permissionFor(request.path))} (${request.method} ${request.path})`
  }
  const [, databaseId] = /\/d1\/database\/([0-9a-f-]{36})$/.exec(request.path) ?? []
  if (databaseId !== undefined && codes.includes(databaseNotFound)) {
    return `wrangler.toml names the database ${databaseId}, which this account does not have: delete its line database_id.`
  }
  const isSubdomain = request.path.endsWith('workers/subdomain') && codes.includes(subdomainNotFound)
  const known = explainCodes(accountId, isSubdomain ? noSubdomain : codes)
  return known ?? `Cloudflare refuses ${request.method} ${request.path}: ${message}`
}

function explainCodes(accountId: string, codes: readonly number[]): string | null {
  const dashboard = `https://dash.cloudflare.com/${accountId}`
  const has = (known: readonly number[]) => known.some((code) => codes.includes(code))
  if (has(r2IsOff)) return `R2 is not switched on in this account: switch it on at ${dashboard}/r2/overview.`
  if (has(needsPaidPlan)) {
    return `Reelhook needs the Workers Paid plan: choose it at ${dashboard}/workers/plans.`
  }
  if (has(noSubdomain)) {
    return `The account has no workers.dev subdomain: choose one at ${dashboard}/workers/onboarding.`
  }
  if (has(invalidLogin)) return refusedLogin
  if (has(missingPermission)) return missingPermissionText('for the request above')
  return null
}

function missingPermissionText(permission: string): string {
  return `The API token lacks the permission ${permission}: add it at https://dash.cloudflare.com/profile/api-tokens, or check CLOUDFLARE_ACCOUNT_ID.`
}

/** As the dashboard names it. */
function permissionFor(path: string): string {
  const [, name] = permissions.find(([part]) => path.includes(part)) ?? ['', `for ${path}`]
  return name
}

const permissions = [
  ['/d1/', '"D1: Edit"'],
  ['/r2/', '"Workers R2 Storage: Edit"'],
  ['/queues', '"Queues: Edit"'],
  ['/workers/', '"Workers Scripts: Edit"'],
] as const

// The permission is missing, or it is the token of another account. 7403: D1's own (cloudflare/workers-sdk#15467).
const missingPermission = [10000, 7403]
const r2IsOff = [10042]
// Queues (cloudflare/workers-sdk#11210) and `limits.cpu_ms` (#8756) on the Free plan.
const needsPaidPlan = [100129, 100328]
const noSubdomain = [10063]
const databaseNotFound = 7404
const subdomainNotFound = 10007
const invalidLogin = [1000, 6003, 6111, 9103, 9106, 9109, 10001]
