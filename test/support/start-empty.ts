/**
 * Test files share an isolate, because loading the modules takes longer than most files. So each file begins with empty
 * storage and a new world.
 */
import { applyD1Migrations, type D1Migration } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { forgetChoices } from '../../src/store/choice/known.ts'
import { forgetOwners } from '../../src/store/owner-memory.ts'
import { forgetWatched } from '../../src/store/reports/watch-memory.ts'
import { resetWorld } from './world.ts'

declare global {
  namespace Cloudflare {
    interface Env {
      MIGRATIONS: D1Migration[]
    }
  }
}

await Promise.all([dropTables(env.DB), deleteObjects()])
await applyD1Migrations(env.DB, env.MIGRATIONS)
resetWorld()
forgetChoices()
forgetOwners()
forgetWatched()

export async function dropTables(database: D1Database): Promise<void> {
  const { results } = await database
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'",
    )
    .all<{ name: string }>()
  const drops = results.map(({ name }) => database.prepare(`DROP TABLE "${name}"`))
  if (drops.length > 0) await database.batch(drops)
}

async function deleteObjects(): Promise<void> {
  const { objects } = await env.BUCKET.list()
  if (objects.length > 0) await env.BUCKET.delete(objects.map(({ key }) => key))
}
