/** Plans a deployment. It only reads the account, and finds every reason against the deployment at once. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { settingNames } from '../../config.ts'
import { type Found, findResources } from './account-resources.ts'
import type { Cloudflare, Refusal } from './cloudflare.ts'
import { explainRefusals } from './deploy-refusals.ts'
import type { DeployedWorker } from './deployed-worker.ts'
import { makeSecret, type Settings } from './settings-file.ts'
import { addressOf, databaseId, type WorkerConfig } from './worker-config.ts'

export interface Plan {
  worker: string
  url: string
  /** The Worker does not exist yet. */
  isFirst: boolean
  resources: Found
  migrations: Migrations[]
  /** The settings to upload. */
  settings: Settings
  /** `worker`: the settings that it has and that are not uploaded stay, as in Workers Builds. */
  settingsOf: 'file' | 'worker'
  /** The settings that the Worker has and should not have. */
  removed: string[]
}

interface Migrations {
  database: string
  idOrName: string
  binding: string
  /** The names of the files that are not applied. */
  pending: string[]
}

export interface ToPlan {
  folder: string
  cloudflare: Cloudflare
  config: WorkerConfig
  worker: DeployedWorker
  /** Null: the Worker keeps what it has. */
  settings: Settings | null
}

export type Planned = { ok: true; plan: Plan } | { ok: false; fault: string }

export async function planDeployment(toPlan: ToPlan): Promise<Planned> {
  const { cloudflare, config, worker, settings } = toPlan
  const resources = await findResources(cloudflare, config)
  const address = await findAddress(cloudflare, config)
  const refusals = [...resources.refusals, ...worker.refusals, ...address.refusals]
  if (refusals.length > 0) return { ok: false, fault: explainRefusals(cloudflare.accountId, refusals) }
  const url = settings?.PUBLIC_BASE_URL ?? address.url
  if (url === null) return { ok: false, fault: 'PUBLIC_BASE_URL cannot be derived from the routes: set it.' }
  const migrations = await findMigrations(toPlan, resources)
  if (!migrations.ok) return migrations
  const isKept = worker.names.includes('PUBLIC_BASE_URL') && !address.isChosen
  const upload =
    settings === null
      ? missingOn(worker, isKept ? {} : { PUBLIC_BASE_URL: url })
      : { ...settings, PUBLIC_BASE_URL: url }
  return {
    ok: true,
    plan: {
      worker: config.name,
      url,
      isFirst: !worker.exists,
      resources,
      migrations: migrations.databases,
      settings: upload,
      settingsOf: settings === null ? 'worker' : 'file',
      removed: settings === null ? [] : staleSettings(worker, upload),
    },
  }
}

interface FoundAddress {
  /** Null: unknown. */
  url: string | null
  /** wrangler.toml names it. */
  isChosen: boolean
  refusals: Refusal[]
}

async function findAddress(cloudflare: Cloudflare, config: WorkerConfig): Promise<FoundAddress> {
  const address = addressOf(config)
  switch (address.kind) {
    case 'domain':
      return { url: address.url, isChosen: true, refusals: [] }
    case 'unknown':
      return { url: null, isChosen: true, refusals: [] }
    case 'workers.dev': {
      const answer = await cloudflare.call(subdomainSchema, { method: 'GET', path: 'workers/subdomain' })
      if (!answer.ok) return { url: null, isChosen: false, refusals: [answer.refusal] }
      const url = `https://${config.name}.${answer.result.subdomain}.workers.dev`
      return { url, isChosen: false, refusals: [] }
    }
  }
}

/** In Workers Builds the settings are on the Worker, and cannot be read. They stay as they are. */
function missingOn({ names }: DeployedWorker, address: Settings): Settings {
  if (names.includes('SIGNING_SECRET')) return address
  return { ...address, SIGNING_SECRET: makeSecret('SIGNING_SECRET') }
}

/** Secrets that are no setting of ours stay. Wrangler deletes variables by itself. */
function staleSettings({ secrets }: DeployedWorker, settings: Settings): string[] {
  const isStale = (name: string) => secrets.includes(name) && settings[name] === undefined
  return settingNames().filter(isStale).toSorted()
}

async function findMigrations(
  { folder, cloudflare, config, worker }: ToPlan,
  { missing }: Found,
): Promise<{ ok: true; databases: Migrations[] } | { ok: false; fault: string }> {
  const databases: Migrations[] = []
  for (const database of config.d1_databases) {
    const { binding, database_name: name, migrations_dir } = database
    const isNew = missing.some((resource) => resource.kind === 'database' && resource.name === name)
    const idOrName = databaseId(database) ?? name
    const applied = isNew ? none : await appliedMigrations(cloudflare, idOrName)
    if (!applied.ok) return { ok: false, fault: explainRefusals(cloudflare.accountId, [applied.refusal]) }
    // The jobs of a Worker are in its database: another one would lose them, and mix them with those of another Worker.
    const bound = worker.databases.get(binding)
    if (bound !== undefined && bound !== applied.uuid) {
      return { ok: false, fault: otherDatabase(config.name, binding, { bound, name }) }
    }
    const files = (await readdir(join(folder, migrations_dir))).filter((file) => file.endsWith('.sql'))
    const pending = files.filter((file) => !applied.result.includes(file)).toSorted()
    databases.push({ database: name, idOrName, binding, pending })
  }
  return { ok: true, databases }
}

function otherDatabase(worker: string, binding: string, { bound, name }: { bound: string; name: string }) {
  return [
    `The Worker ${worker} has its jobs in the database ${bound}, which is not ${name}:`,
    'check --env, the Worker of this build, and the names in wrangler.toml. If another database is',
    `meant, delete the binding ${binding} of the Worker in the dashboard first.`,
  ].join('\n')
}

interface Applied {
  ok: true
  /** Null: the database does not exist. */
  uuid: string | null
  result: string[]
}

const none: Applied = { ok: true, uuid: null, result: [] }

export async function appliedMigrations(cloudflare: Cloudflare, idOrName: string) {
  const found = await cloudflare.call(databaseSchema, { method: 'GET', path: `d1/database/${idOrName}` })
  if (!found.ok) return found
  const { uuid } = found.result
  const applied = await cloudflare.call(migrationsSchema, {
    method: 'POST',
    path: `d1/database/${uuid}/query`,
    body: { sql: 'SELECT name FROM d1_migrations' },
  })
  const isEmpty = !applied.ok && applied.refusal.message.includes('no such table: d1_migrations')
  if (isEmpty) return { ...none, uuid }
  return applied.ok ? { ...applied, uuid } : applied
}

const subdomainSchema = z.object({ subdomain: z.string() })
const databaseSchema = z.object({ uuid: z.string() })
const migrationsSchema = z
  .array(z.object({ results: z.array(z.object({ name: z.string() })) }))
  .transform((statements) => statements.flatMap(({ results }) => results.map(({ name }) => name)))
