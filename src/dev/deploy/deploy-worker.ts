/**
 * The deployment: creates the missing resources in the Cloudflare account, applies the migrations, deploys the Worker and
 * deletes the settings that it no longer has. It can be repeated: each step first looks at what exists, and changes
 * nothing that is already there.
 */
import { readdir } from 'node:fs/promises'
import { z } from 'zod'
import { settingNames } from '../../config.ts'
import type { RunWrangler } from '../local/wrangler.ts'
import { abortBrokenUploads, findResources, type Location, type Resources } from './account-resources.ts'
import type { Cloudflare, Refusal } from './cloudflare.ts'
import { explainOutput, explainRefusals } from './deploy-refusals.ts'
import type { Settings } from './settings-file.ts'

export interface Deployment {
  cloudflare: Cloudflare
  run: RunWrangler
  print: (line: string) => void
  worker: WorkerToDeploy
}

interface WorkerToDeploy {
  name: string
  resources: Resources
  needsSubdomain: boolean
  /** For new resources. Null: near the machine that deploys. */
  location: Location | null
  settings: Settings
  /** The file with the settings as JSON. */
  settingsPath: string
}

/** Null when the Worker is deployed; otherwise what to do. */
export async function deployWorker(deployment: Deployment): Promise<string | null> {
  for (const step of [createResources, applyMigrations, uploadWorker, deleteSettings]) {
    const fault = await step(deployment)
    if (fault !== null) return fault
  }
  return null
}

/** Every reason against the deployment is found before anything is created. */
async function createResources({ cloudflare, print, worker }: Deployment): Promise<string | null> {
  const { resources, location } = worker
  const found = await findResources(cloudflare, resources, location)
  const refusals = [...found.refusals, ...(await workerRefusals(cloudflare, worker))]
  if (refusals.length > 0) return explainRefusals(cloudflare.accountId, refusals)
  for (const { name, request } of found.missing) {
    const created = await cloudflare.call(z.unknown(), request)
    if (!created.ok) return incomplete(explainRefusals(cloudflare.accountId, [created.refusal]))
    print(`Created: ${name}`)
  }
  if (location !== null && found.placed.length > 0) {
    print(`Not moved to ${location}, since it exists: ${found.placed.join(', ')}`)
  }
  for (const bucket of resources.buckets) {
    const refusal = await abortBrokenUploads(cloudflare, bucket)
    if (refusal !== null) return incomplete(explainRefusals(cloudflare.accountId, [refusal]))
  }
  return null
}

async function workerRefusals(cloudflare: Cloudflare, worker: WorkerToDeploy): Promise<Refusal[]> {
  const secrets = await secretNames(cloudflare, worker.name)
  if (!worker.needsSubdomain) return secrets.ok ? [] : [secrets.refusal]
  const subdomain = await cloudflare.call(z.unknown(), { method: 'GET', path: 'workers/subdomain' })
  return [secrets, subdomain].flatMap((answer) => (answer.ok ? [] : answer.refusal))
}

async function applyMigrations(deployment: Deployment): Promise<string | null> {
  const { cloudflare, worker } = deployment
  for (const { name, migrationsFolder } of worker.resources.databases) {
    const fault = await perform(deployment, ['d1', 'migrations', 'apply', name, '--remote'])
    if (fault !== null) return fault
    // wrangler ends with 0 after a migration that was declined or that reported no success.
    const applied = await appliedMigrations(cloudflare, name)
    if (!applied.ok) return incomplete(explainRefusals(cloudflare.accountId, [applied.refusal]))
    const files = (await readdir(migrationsFolder)).filter((file) => file.endsWith('.sql'))
    const missing = files.filter((file) => !applied.result.includes(file))
    if (missing.length > 0)
      return incomplete(`The database ${name} lacks the migrations ${missing.join(', ')}.`)
  }
  return null
}

async function appliedMigrations(cloudflare: Cloudflare, database: string) {
  const found = await cloudflare.call(databaseSchema, { method: 'GET', path: `d1/database/${database}` })
  if (!found.ok) return found
  return cloudflare.call(migrationsSchema, {
    method: 'POST',
    path: `d1/database/${found.result.uuid}/query`,
    body: { sql: 'SELECT name FROM d1_migrations' },
  })
}

function uploadWorker(deployment: Deployment): Promise<string | null> {
  return perform(deployment, ['deploy', '--secrets-file', deployment.worker.settingsPath])
}

/** wrangler keeps the secrets that its file does not name. Secrets that are no setting of ours stay. */
async function deleteSettings({ cloudflare, print, worker }: Deployment): Promise<string | null> {
  const secrets = await secretNames(cloudflare, worker.name)
  if (!secrets.ok) return incomplete(explainRefusals(cloudflare.accountId, [secrets.refusal]))
  const ours = settingNames()
  const removed = secrets.result.filter((name) => ours.includes(name) && worker.settings[name] === undefined)
  if (removed.length === 0) return null
  const deleted = await cloudflare.call(z.unknown(), {
    method: 'PATCH',
    path: `workers/scripts/${worker.name}/secrets-bulk`,
    body: { secrets: Object.fromEntries(removed.map((name) => [name, null])) },
  })
  if (!deleted.ok) return incomplete(explainRefusals(cloudflare.accountId, [deleted.refusal]))
  print(`Deleted from the Worker: ${removed.join(', ')}`)
  return null
}

async function secretNames(cloudflare: Cloudflare, worker: string) {
  const path = `workers/scripts/${worker}/secrets`
  const listed = await cloudflare.call(secretsSchema, { method: 'GET', path })
  const isAbsent = !listed.ok && listed.refusal.codes.some((code) => workerNotFound.includes(code))
  return isAbsent ? ({ ok: true, result: [] } as const) : listed
}

async function perform({ cloudflare, run }: Deployment, words: string[]): Promise<string | null> {
  const environment = { CLOUDFLARE_ACCOUNT_ID: cloudflare.accountId }
  const { exitCode, stdout, stderr } = await run(words, { output: 'shown', environment })
  if (exitCode === 0) return null
  const command = `\`wrangler ${words.slice(0, 3).join(' ')}\` failed; its output is above.`
  return incomplete(explainOutput(cloudflare.accountId, stdout + stderr) ?? command)
}

function incomplete(fault: string): string {
  return `${fault}\nThen run \`npm run deploy\` again: it continues with the missing steps.`
}

const workerNotFound = [10007, 10090]
const databaseSchema = z.object({ uuid: z.string() })
const secretsSchema = z.array(z.object({ name: z.string() })).transform((all) => all.map(({ name }) => name))
const migrationsSchema = z
  .array(z.object({ results: z.array(z.object({ name: z.string() })) }))
  .transform((statements) => statements.flatMap(({ results }) => results.map(({ name }) => name)))
