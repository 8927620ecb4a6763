/** The newest release, as `npm run release:keep` stored it. */
import { readdirSync, readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'

const root = new URL('../../', import.meta.url).pathname

export const releasedFolder = `${root}test/upgrade/released`
/** The migrations of all releases, as they were released. */
export const oldMigrationsFolder = `${root}test/store/old-database`
const migrationsFolder = `${root}src/store/migrations`

const version = readdirSync(releasedFolder).at(0) ?? ''

export const released = {
  version,
  wranglerToml: `${releasedFolder}/${version}/wrangler.toml`,
  script: () => brotliDecompressSync(readFileSync(`${releasedFolder}/${version}/worker.js.br`)).toString(),
}

/** As they are applied to a new database. The released ones come first. */
export const migrations = sqlFilesIn(migrationsFolder).map((name) => ({
  name,
  sql: readFileSync(`${migrationsFolder}/${name}`, 'utf8'),
  isReleased: sqlFilesIn(oldMigrationsFolder).includes(name),
}))

/** A line that is cut out at each breakpoint is a statement of its own. */
export function statementsOf(sql: string): string[] {
  return sql
    .split('--> statement-breakpoint')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}

function sqlFilesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort()
}
