/** The texts of a deployment: its plan (`--dry-run`), and the next steps. */
import type { Location, Resource } from './account-resources.ts'
import type { Plan } from './plan.ts'

/** `location`: for new resources. */
export function describePlan(plan: Plan, location: Location | null): string[] {
  const { worker, url, isFirst, resources, migrations, settings, removed, settingsOf } = plan
  const place = location === null ? '' : ` in ${location}`
  const pending = migrations.filter(({ pending: files }) => files.length > 0)
  const kept = settingsOf === 'worker' ? ['keep the settings that the Worker has'] : []
  return [
    ...resources.missing.map(
      ({ kind, name }) => `create the ${kind} ${name}${kind === 'queue' ? '' : place}`,
    ),
    ...pending.map(({ database, pending: files }) => `migrate the database ${database}: ${files.join(', ')}`),
    ...kept,
    `set ${listed(Object.keys(settings))}`,
    ...(removed.length > 0 ? [`delete ${listed(removed)}`] : []),
    `${isFirst ? 'create' : 'replace'} the Worker ${worker} at ${url}`,
    settingsOf === 'worker' ? 'wait until it answers' : 'wait until it answers, and run the smoke test',
  ]
}

/** The lines of a dry run that cannot look at the account. */
export function describeWithoutLogin(fault: string, worker: string, resources: Resource[]): string[] {
  return [
    fault,
    'So it is not known what exists, which migrations are applied, which settings the',
    'Worker has, and at which address it answers.',
    `A deployment would create what is missing of:`,
    ...resources.map(({ kind, name }) => `- the ${kind} ${name}`),
    `- the Worker ${worker}`,
  ]
}

export interface Result {
  plan: Plan
  /** The file with the settings. */
  file: string
  /** Null: it is not new, or the deployment does not know it. */
  newAdminKey: string | null
  /** The settings that the Worker lacks. */
  missing: string[]
}

/** Each line fits into 80 columns, except for long addresses. */
export function nextSteps({ plan, file, newAdminKey, missing }: Result): string[] {
  const { worker, url } = plan
  return [
    '',
    `Reelhook runs at ${url}`,
    '',
    ...(newAdminKey === null
      ? []
      : [`  Admin key:  ${newAdminKey}`, `              (not shown again; it is in ${file})`]),
    `  Pages:      ${url}/`,
    `  API:        ${url}/docs`,
    `  Logs:       npx wrangler tail ${worker}`,
    '',
    ...(missing.length > 0 ? missingSettings(worker, missing) : firstRequest(url)),
  ]
}

function missingSettings(worker: string, missing: string[]): string[] {
  return [
    'It answers no request until it has these settings. Set them in the dashboard,',
    'under Settings > Variables and Secrets of the Worker, or with:',
    '',
    ...missing.map((name) => `  npx wrangler secret put ${name} --name ${worker}`),
  ]
}

function firstRequest(url: string): string[] {
  return [
    'Next, sign in to the pages with the admin key, or create an API key:',
    '',
    `  curl ${url}/v1/api-keys \\`,
    "    -H 'Authorization: Bearer <the admin key>' \\",
    '    -H \'Content-Type: application/json\' -d \'{"name": "my-app"}\'',
  ]
}

/** For a Worker that is deployed and fails its checks. */
export function rollbackAdvice({ isFirst, worker }: Plan): string {
  const again = 'The Worker is deployed. Deploy again, or test it again with --smoke-test.'
  return isFirst ? again : `${again}\nTo return to the version before: npx wrangler rollback --name ${worker}`
}

function listed(names: string[]): string {
  return `${names.length} ${names.length === 1 ? 'setting' : 'settings'}: ${names.toSorted().join(', ')}`
}
