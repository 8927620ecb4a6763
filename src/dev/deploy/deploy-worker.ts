/**
 * Makes the planned changes: creates the missing resources, applies the migrations, uploads the Worker and deletes the
 * settings that it should no longer have. Each step can be repeated, so the next deployment continues a failed one.
 */
import { z } from 'zod'
import type { RunWrangler } from '../local/wrangler.ts'
import { abortBrokenUploads, creationOf, type Location } from './account-resources.ts'
import type { Cloudflare } from './cloudflare.ts'
import { explainOutput, explainRefusals } from './deploy-refusals.ts'
import { appliedMigrations, type Plan } from './plan.ts'

export interface Deployment {
  cloudflare: Cloudflare
  /** With the configuration of the deployment. */
  run: RunWrangler
  print: (line: string) => void
  plan: Plan
  /** For new resources. Null: near the machine that deploys. */
  location: Location | null
  /** The file with the settings as JSON. */
  settingsPath: string
}

/** Null when the Worker is deployed; otherwise what to do. */
export async function deployWorker(deployment: Deployment): Promise<string | null> {
  for (const step of [createResources, applyMigrations, uploadWorker, deleteSettings]) {
    const fault = await step(deployment)
    if (fault !== null)
      return `${fault}\nCorrect this, then deploy again: the next run continues with the missing steps.`
  }
  return null
}

async function createResources({ cloudflare, print, plan, location }: Deployment): Promise<string | null> {
  const { missing, existing } = plan.resources
  for (const resource of missing) {
    const created = await cloudflare.call(z.unknown(), creationOf(resource, location))
    if (!created.ok) return explainRefusals(cloudflare.accountId, [created.refusal])
    print(`Created the ${resource.kind} ${resource.name}`)
  }
  const placed = existing.filter(({ kind }) => kind !== 'queue')
  if (location !== null && placed.length > 0) {
    print(
      `Not moved to ${location}, since it exists: ${placed.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`,
    )
  }
  for (const { kind, name } of [...missing, ...existing]) {
    if (kind !== 'bucket') continue
    const refusal = await abortBrokenUploads(cloudflare, name)
    if (refusal !== null) return explainRefusals(cloudflare.accountId, [refusal])
  }
  return null
}

async function applyMigrations(deployment: Deployment): Promise<string | null> {
  const { cloudflare, print, plan } = deployment
  for (const { database, idOrName, binding, pending } of plan.migrations) {
    if (pending.length === 0) continue
    const fault = await perform(deployment, ['d1', 'migrations', 'apply', binding, '--remote'])
    if (fault !== null) return fault
    // wrangler ends with 0 after a migration that was declined or that reported no success.
    const applied = await appliedMigrations(cloudflare, idOrName)
    if (!applied.ok) return explainRefusals(cloudflare.accountId, [applied.refusal])
    const missing = pending.filter((file) => !applied.result.includes(file))
    if (missing.length > 0) return `The database ${database} lacks the migrations ${missing.join(', ')}.`
    print(`Migrated the database ${database}: ${pending.join(', ')}`)
  }
  return null
}

async function uploadWorker(deployment: Deployment): Promise<string | null> {
  const { print, plan, settingsPath } = deployment
  print('Uploading the Worker …')
  // Without it, wrangler deletes the variables of the dashboard. Secrets stay in any case.
  const keepVariables = plan.settingsOf === 'worker' ? ['--keep-vars'] : []
  const fault = await perform(deployment, ['deploy', ...keepVariables, '--secrets-file', settingsPath])
  if (fault !== null) return fault
  print(`Uploaded the Worker ${plan.worker} with ${countOf(Object.keys(plan.settings))}`)
  return null
}

/** wrangler keeps the secrets that its file does not name. */
async function deleteSettings({ cloudflare, print, plan }: Deployment): Promise<string | null> {
  const { worker, removed } = plan
  if (removed.length === 0) return null
  const deleted = await cloudflare.call(z.unknown(), {
    method: 'PATCH',
    path: `workers/scripts/${worker}/secrets-bulk`,
    body: { secrets: Object.fromEntries(removed.map((name) => [name, null])) },
  })
  if (!deleted.ok) return explainRefusals(cloudflare.accountId, [deleted.refusal])
  print(`Deleted ${countOf(removed)}: ${removed.join(', ')}`)
  return null
}

/** The output of wrangler is only shown if it fails. */
async function perform({ cloudflare, run, print }: Deployment, words: string[]): Promise<string | null> {
  const environment = { CLOUDFLARE_ACCOUNT_ID: cloudflare.accountId }
  const { exitCode, stdout, stderr } = await run(words, { output: 'captured', environment })
  if (exitCode === 0) return null
  const output = `${stdout}\n${stderr}`.trim()
  print(output)
  const command = `\`wrangler ${words[0] === 'd1' ? 'd1 migrations apply' : words[0]}\` failed; its output is above.`
  return explainOutput(cloudflare.accountId, output) ?? command
}

function countOf(settings: string[]): string {
  return `${settings.length} ${settings.length === 1 ? 'setting' : 'settings'}`
}
