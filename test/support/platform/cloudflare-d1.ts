/** D1 in the pretended Cloudflare API. It runs the SQL. */
import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { Hono } from 'hono'
import { type Cloudflare, failure, success } from './cloudflare-account.ts'

export function databaseRoutes(account: Cloudflare) {
  const app = new Hono()
  app.get('/d1/database', (c) => {
    const wanted = c.req.query('name')
    const names = [...account.databases.keys()].filter((name) => wanted === undefined || name === wanted)
    return success(
      c,
      names.map((name) => databaseView(account, name)),
    )
  })
  app.post('/d1/database', async (c) => {
    const { name, primary_location_hint } = await c.req.json()
    if (account.databases.has(name)) return failure(400, 7502, 'A database with that name already exists')
    const database = {
      uuid: randomUUID(),
      location: primary_location_hint,
      sqlite: new DatabaseSync(':memory:'),
    }
    account.databases.set(name, database)
    return success(c, databaseView(account, name))
  })
  app.get('/d1/database/:id', (c) => {
    const name = nameOf(account, c.req.param('id'))
    if (name === undefined) return failure(404, 7404, 'The database could not be found')
    return success(c, databaseView(account, name))
  })
  app.post('/d1/database/:id/query', async (c) => {
    const database = account.databases.get(nameOf(account, c.req.param('id')) ?? '')
    if (database === undefined) return failure(404, 7404, 'The database could not be found')
    const { sql } = await c.req.json()
    try {
      return success(c, [{ results: perform(database.sqlite, sql), success: true, meta: { duration: 1 } }])
    } catch (error) {
      return failure(400, 7500, `${error instanceof Error ? error.message : error}: SQLITE_ERROR`)
    }
  })
  return app
}

/** All statements, or none. */
function perform(sqlite: DatabaseSync, sql: string): unknown[] {
  if (/^\s*SELECT\b/i.test(sql)) return sqlite.prepare(sql).all()
  sqlite.exec('BEGIN')
  try {
    sqlite.exec(sql)
    sqlite.exec('COMMIT')
  } catch (error) {
    sqlite.exec('ROLLBACK')
    throw error
  }
  return []
}

/** A database is found by its name too. */
function nameOf({ databases }: Cloudflare, id: string): string | undefined {
  return [...databases].find(([name, { uuid }]) => name === id || uuid === id)?.[0]
}

function databaseView({ databases }: Cloudflare, name: string) {
  return { uuid: databases.get(name)?.uuid, name, version: 'production' }
}
