/**
 * A database of the first release, with a row in every table, is migrated and read by the code as it is now.
 *
 * `old-database/0000_first.sql` is the first migration as it was released. Never change it, nor the rows beside it: when
 * the schema changes, add a migration. To test one more release, add its rows to a file of their own.
 */
import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { everyProject, type Viewer } from '../../src/core/access.ts'
import { findAsset } from '../../src/store/assets.ts'
import { findApiKeyByHash, secretsOf } from '../../src/store/deliveries/api-keys.ts'
import { claimDelivery, findDelivery } from '../../src/store/deliveries/claim.ts'
import { disabledCallbacksOf } from '../../src/store/deliveries/disabled.ts'
import { listEndpoints } from '../../src/store/deliveries/endpoints.ts'
import { attemptsOfAll, listDeliveries } from '../../src/store/deliveries/log.ts'
import { createOwners } from '../../src/store/deliveries/owners.ts'
import { claimJob } from '../../src/store/jobs/claim.ts'
import { findJob, findJobByIdempotencyKey } from '../../src/store/jobs/jobs.ts'
import { listJobs } from '../../src/store/jobs/list.ts'
import { hostsNamedBy } from '../../src/store/jobs/output-hosts.ts'
import { countSlots } from '../../src/store/reports/backlog.ts'
import { claimReconciliation, lastReconciliation } from '../../src/store/reports/reconciliation.ts'
import { countSince } from '../../src/store/reports/stats.ts'
import { timelineRowsOf } from '../../src/store/reports/timeline.ts'
import { waitingPurges } from '../../src/store/upkeep/purges.ts'
import { select } from '../support/storage.ts'
import { db } from './rows.ts'

const firstMigration = fileAt('./old-database/0000_first.sql')
const rows = fileAt('./old-database/rows.sql')

const keyId = 'key_01kbk6v3x6f9ja8c6mphr3z4aw'
const jobId = 'job_01kbk6v3x6f9ja8c6mphr3z4aw'
const failedJobId = 'job_01kbk6v3x6f9ja8c6mphr3z4ax'
const deliveryId = 'dlv_01kbk6v3x6f9ja8c6mphr3z4aw'
const assetId = 'asset_01kbk6v3x6f9ja8c6mphr3z4aw'
const afterwards = 1_764_502_000_000

let emptyTables: string[] = []

beforeAll(async () => {
  await dropEverything()
  const [first] = env.MIGRATIONS
  if (first === undefined) throw new Error('there is a first migration')
  const statements = firstMigration.split('--> statement-breakpoint')
  await applyD1Migrations(env.DB, [{ name: first.name, queries: statements }])
  await env.DB.batch(statementsOf(rows).map((statement) => env.DB.prepare(statement)))
  emptyTables = await tablesWithoutRows()
  // Only those that are newer than the first are applied: D1 remembers migrations by name.
  await applyD1Migrations(env.DB, env.MIGRATIONS)
})

describe('the first migration', () => {
  it('is what it was at its release: a change of the schema is another migration', () => {
    expect(fileAt('../../src/store/migrations/0000_first.sql')).toBe(firstMigration)
  })

  it('has a row in each of its tables here, except the one that never has a row', () => {
    expect(emptyTables).toEqual(['aborts'])
  })
})

describe('a database of the first release', () => {
  it('has jobs that are found whole', async () => {
    expect(await findJob(db, jobId)).toMatchObject({
      damaged: [],
      status: 'storing',
      providers: ['runware', 'crun'],
      request: { prompt: 'A paper boat', count: 2, metadata: { order: '42' }, retention_days: 30 },
      warnings: [{ path: 'seed', message: 'is ignored' }],
      estimates: { runware: { amount_usd: 0.05, source: 'price_table' } },
      progress: 100,
      callbackSecret: 'v1.gggg.hhhh',
    })
    expect(await findJob(db, failedJobId)).toMatchObject({
      damaged: [],
      status: 'failed',
      fault: { code: 'rate_limited' },
      lateWebhooks: 2,
      eraseAt: 1_767_093_900_000,
    })
    expect((await findJobByIdempotencyKey(db, keyId, 'order-42', Date.now()))?.id).toBe(jobId)
    const { jobs } = await listJobs([db], { metadata: { order: '42' } }, { after: null, limit: 10 })
    expect(jobs).toMatchObject([{ id: jobId }])
  })

  it('has a job that a step can claim, with everything that belongs to it', async () => {
    const claim = await claimJob(db, jobId, 'a lease', afterwards)
    expect(claim?.tasks).toMatchObject([
      {
        provider: 'runware',
        providerTaskId: 'task-0',
        status: 'succeeded',
        completedVia: 'webhook',
        awaitsUpload: true,
        inputs: { first_frame: { state: 'imported', assetId: 'remote-asset' } },
        receivedVideo: { bytes: 1_000, others: 1 },
        pollFailure: { kind: 'silent', run: { times: 2 } },
        answers: { submission: { httpStatus: 200, body: '{}' }, status: null },
        cost: { amount_usd: 0.05, source: 'provider' },
      },
    ])
    expect(claim?.outputs).toMatchObject([
      {
        status: 'stored',
        key: `jobs/${jobId}/0.mp4`,
        sha256: 'ab12',
        metadata: { width: 1_280, hasAudio: true },
        storedVia: 'upload',
        metadataReadAt: 1_764_500_060_000,
      },
      { status: 'waiting', sourceUrl: null, isUnconfirmed: true },
    ])
    expect(claim?.webhooks).toMatchObject([{ provider: 'runware', body: '{"status":"success"}' }])
    expect((await timelineRowsOf(db, jobId))?.stored).toMatchObject([{ type: 'task.submitted' }])
    expect(await hostsNamedBy({ databases: [db] }, 'runware')).toEqual(['im.runware.test'])
    expect(await countSlots(db)).toContainEqual({ provider: 'runware', taken: 1, waiting: 0 })
    expect(await countSlots(db)).toContainEqual({ provider: 'crun', taken: 0, waiting: 1 })
  })

  it('has a delivery that can be attempted again, with its secret, its host and its attempts', async () => {
    expect(await claimDelivery(db, deliveryId, 'a lease', afterwards)).toMatchObject({
      delivery: {
        body: '{"type":"job.failed"}',
        attempts: 2,
        endpointId: null,
        ownerId: keyId,
        isLaneHealthy: false,
        streak: { failingSince: 1_764_501_900_350 },
      },
    })
    expect(
      await createOwners(env.DB, db, () => afterwards).find({
        endpointId: null,
        ownerId: keyId,
        host: 'caller.test',
      }),
    ).toEqual({ obstacle: null, url: null, encryptedSecrets: ['v1.aaaa.bbbb', 'v1.cccc.dddd'] })
    const delivery = await findDelivery(db, deliveryId)
    if (delivery === null) throw new Error('there is no delivery')
    const attempts = await attemptsOfAll(db, [delivery])
    expect(attempts.get(deliveryId)).toMatchObject([
      { n: 1, status: 500, responseBody: 'sorry' },
      { n: 2, status: 503, responseBody: 'still sorry' },
    ])
  })

  it('has API keys, endpoints, disabled callbacks and assets', async () => {
    const key = await findApiKeyByHash(db, 'hash-of-the-key')
    expect(key?.id).toBe(keyId)
    expect(key && secretsOf(key, afterwards)).toEqual(['v1.aaaa.bbbb', 'v1.cccc.dddd'])
    expect(await listEndpoints(db, everyProject)).toMatchObject([
      { url: 'https://caller.test/shop' },
      { url: 'https://caller.test/all', disabledBy: null },
    ])
    expect(await disabledCallbacksOf(db, keyId)).toMatchObject([{ host: 'gone.test' }])
    expect(await findAsset(db, assetId)).toMatchObject({ kind: 'image', fileName: 'boat.png', jobId })
  })

  it('has rows of a project', async () => {
    const shop = { project: 'shop' }
    expect(await listEndpoints(db, shop)).toMatchObject([{ url: 'https://caller.test/shop', ...shop }])
    const { jobs } = await listJobs([db], { metadata: {}, ...shop }, { after: null, limit: 10 })
    expect(jobs).toMatchObject([{ id: failedJobId, ...shop }])
    const { deliveries } = await listDeliveries([db], shop, { after: null, limit: 10 }, afterwards)
    expect(deliveries).toMatchObject([{ id: deliveryId, ...shop }])
    expect(await findAsset(db, 'asset_01kbk6v3x6f9ja8c6mphr3z4ax')).toMatchObject({ jobId: null, ...shop })
    const countsOf = async (viewer: Viewer) => (await countSince([db], 1_764_500_400_000, viewer)).jobs
    expect(await countsOf(shop)).toEqual([{ provider: 'crun', status: 'failed', count: 2 }])
    expect(await countsOf(everyProject)).toContainEqual({ provider: 'crun', status: 'failed', count: 3 })
  })

  it('has cache tags that a sweep purges', async () => {
    expect(await waitingPurges(db, 10)).toEqual([{ createdAt: 1_764_500_000_000, tag: assetId }])
  })

  it('has a reconciliation that continues where it was', async () => {
    expect(await lastReconciliation(db)).toMatchObject({ objects: 9, lost: 1 })
    expect(await claimReconciliation(db, afterwards + 1, afterwards)).toMatchObject({
      phase: 'outputs',
      counts: { objects: 3, removed: 1 },
    })
  })
})

function fileAt(path: string): string {
  const files = import.meta.glob<string>(['./old-database/*.sql', '../../src/store/migrations/*.sql'], {
    query: '?raw',
    import: 'default',
    eager: true,
  })
  const file = files[path]
  if (file === undefined) throw new Error(`${path} is missing`)
  return file
}

function statementsOf(sql: string): string[] {
  return sql.split(/;\n/).filter((statement) => statement.trim() !== '')
}

async function dropEverything(): Promise<void> {
  const drops = (await tables()).map((name) => env.DB.prepare(`DROP TABLE "${name}"`))
  await env.DB.batch([env.DB.prepare('PRAGMA defer_foreign_keys = true'), ...drops])
}

async function tablesWithoutRows(): Promise<string[]> {
  const counts = (await tables()).map((name) => `SELECT '${name}' AS name, count(*) AS count FROM "${name}"`)
  const counted: { name: string; count: number }[] = []
  // D1 limits the terms of a compound SELECT.
  for (const count of counts) counted.push(...(await select<{ name: string; count: number }>(count)))
  return counted.filter(({ count }) => count === 0).map(({ name }) => name)
}

async function tables(): Promise<string[]> {
  const found = await select<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
  )
  return found.map(({ name }) => name)
}
