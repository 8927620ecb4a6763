/**
 * Test files share an isolate, because loading the modules takes longer than most files. So each file begins with empty
 * storage and a new world.
 */
import { applyD1Migrations, type D1Migration } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { forgetOwners } from '../../src/store/owner-memory.ts'
import { resetWorld } from './world.ts'

declare global {
  namespace Cloudflare {
    interface Env {
      MIGRATIONS: D1Migration[]
    }
  }
}

await Promise.all([dropTables(), deleteObjects()])
await applyD1Migrations(env.DB, env.MIGRATIONS)
resetWorld()
forgetOwners()

async function dropTables(): Promise<void> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'",
  ).all<{ name: string }>()
  const drops = results.map(({ name }) => env.DB.prepare(`DROP TABLE "${name}"`))
  if (drops.length > 0) await env.DB.batch(drops)
}

async function deleteObjects(): Promise<void> {
  const { objects } = await env.BUCKET.list()
  if (objects.length > 0) await env.BUCKET.delete(objects.map(({ key }) => key))
}
