/**
 * The deployment: creates the missing resources in the Cloudflare account, applies the migrations and deploys the Worker.
 * It can be repeated: each step first looks at what exists, and changes nothing that is already there.
 */
import { z } from 'zod'
import type { RunWrangler } from './wrangler.ts'

/** The resources that wrangler.toml names. */
export interface Resources {
  databases: string[]
  buckets: string[]
  queues: string[]
}

export interface DeploySettings {
  resources: Resources
  /** The file with the Worker's secrets. */
  settingsFile: string
  run: RunWrangler
  print: (line: string) => void
}

/** Null when the Worker is deployed; otherwise the failed command and what to do. */
export async function deployWorker(settings: DeploySettings): Promise<string | null> {
  const { resources, settingsFile, print } = settings
  for (const command of await missingResources(settings)) {
    const fault = await perform(settings, command, 'captured')
    if (fault !== null) return fault
    print(`Created: ${command.join(' ')}`)
  }
  for (const bucket of resources.buckets) {
    const fault = await abortBrokenUploads(settings, bucket)
    if (fault !== null) return fault
  }
  for (const database of resources.databases) {
    const fault = await perform(settings, ['d1', 'migrations', 'apply', database, '--remote'], 'shown')
    if (fault !== null) return fault
  }
  return perform(settings, ['deploy', '--secrets-file', settingsFile], 'shown')
}

interface WranglerConfig {
  d1_databases: { database_name?: string | undefined }[]
  r2_buckets: { bucket_name?: string | undefined }[]
  queues: {
    producers?: { queue: string }[] | undefined
    consumers?: { queue: string; dead_letter_queue?: string | undefined }[] | undefined
  }
}

export function resourcesIn({ d1_databases, r2_buckets, queues }: WranglerConfig): Resources {
  const consumers = queues.consumers ?? []
  const names = [
    ...(queues.producers ?? []).map(({ queue }) => queue),
    ...consumers.map(({ queue }) => queue),
    ...consumers.flatMap(({ dead_letter_queue }) => dead_letter_queue ?? []),
  ]
  return {
    databases: d1_databases.flatMap(({ database_name }) => database_name ?? []),
    buckets: r2_buckets.flatMap(({ bucket_name }) => bucket_name ?? []),
    queues: [...new Set(names)],
  }
}

/** The commands that create the missing resources. */
async function missingResources(settings: DeploySettings): Promise<string[][]> {
  const { databases, buckets, queues } = settings.resources
  const databaseNames = await existingDatabases(settings)
  return [
    ...databases.filter((name) => !databaseNames.includes(name)).map((name) => ['d1', 'create', name]),
    ...(await failing(settings, bucketRules, buckets)).map((name) => ['r2', 'bucket', 'create', name]),
    ...(await failing(settings, ['queues', 'info'], queues)).map((name) => ['queues', 'create', name]),
  ]
}

/** None if the list cannot be read: the command that creates a database then fails with the reason. */
async function existingDatabases({ run }: DeploySettings): Promise<string[]> {
  const { exitCode, stdout } = await run(['d1', 'list', '--json'], 'captured')
  return exitCode === 0 ? databaseList.parse(JSON.parse(stdout)).map(({ name }) => name) : []
}

// Unlike `r2 bucket info` it needs no permission for analytics.
const bucketRules = ['r2', 'bucket', 'lifecycle', 'list']

/** The names for which this read-only command fails: those resources do not exist, or cannot be seen. */
async function failing({ run }: DeploySettings, command: string[], names: string[]): Promise<string[]> {
  const absent: string[] = []
  for (const name of names) {
    const { exitCode } = await run([...command, name], 'captured')
    if (exitCode !== 0) absent.push(name)
  }
  return absent
}

/**
 * A rule of the bucket that aborts broken multipart uploads: R2 does not list their parts as objects, so the daily
 * reconciliation cannot find them. The bucket's other rules stay. Wrangler cannot replace a rule, so it is removed first,
 * which fails if there is none.
 */
async function abortBrokenUploads(settings: DeploySettings, bucket: string): Promise<string | null> {
  const rule = 'reelhook-abort-uploads-1d'
  await settings.run(['r2', 'bucket', 'lifecycle', 'remove', bucket, '--name', rule], 'captured')
  const words = [
    'r2',
    'bucket',
    'lifecycle',
    'add',
    bucket,
    rule,
    '',
    '--abort-multipart-days',
    '1',
    '--force',
  ]
  return perform(settings, words, 'captured')
}

async function perform(
  { run }: DeploySettings,
  words: string[],
  output: 'shown' | 'captured',
): Promise<string | null> {
  const { exitCode, stdout, stderr } = await run(words, output)
  if (exitCode === 0) return null
  return [
    `\`wrangler ${words.join(' ')}\` failed${output === 'shown' ? '; its output is above.' : ':'}`,
    ...[stdout, stderr].map((text) => text.trim()).filter((text) => text !== ''),
    'If wrangler is not logged in, run `npx wrangler login` or set CLOUDFLARE_API_TOKEN.',
    'Then run `npm run deploy` again: it continues with the missing steps.',
  ].join('\n')
}

const databaseList = z.array(z.object({ name: z.string() }))
