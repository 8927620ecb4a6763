/** The rules that let two releases work on one database, bucket and queues (.github/CONTRIBUTING.md, "Changes of the schema"). */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { migrations, oldMigrationsFolder, released, statementsOf } from './released.ts'

const additions = migrations
  .slice(1)
  .flatMap(({ name, sql }) => statementsOf(sql).map((sql) => ({ name, sql })))

describe('a migration', () => {
  it.each(migrations.filter(({ isReleased }) => isReleased))(
    '$name is what it was at its release',
    ({ name, sql }) => {
      expect(sql).toBe(readFileSync(`${oldMigrationsFolder}/${name}`, 'utf8'))
    },
  )

  it('comes after the released ones', () => {
    const order = migrations.map(({ isReleased }) => isReleased)
    expect(order).toEqual([...order].sort().reverse())
  })

  it.each(additions)('$name only adds: $sql', ({ sql }) => {
    expect(faultOf(sql)).toBeNull()
  })

  it.each([
    'DROP TABLE `jobs`;',
    'ALTER TABLE `jobs` DROP COLUMN `project`;',
    'ALTER TABLE `jobs` RENAME COLUMN `project` TO `tenant`;',
    'ALTER TABLE `jobs` RENAME TO `work`;',
    'ALTER TABLE `jobs` ADD `size` integer NOT NULL;',
    'ALTER TABLE `jobs` ADD `parent` text REFERENCES jobs(id) DEFAULT 1;',
    'CREATE UNIQUE INDEX `jobs_hash` ON `jobs` (`idempotency_hash`);',
    'CREATE TRIGGER t AFTER INSERT ON jobs BEGIN SELECT 1; END;',
    'UPDATE `jobs` SET `project` = null;',
    'DROP INDEX `jobs_list`;',
    'PRAGMA foreign_keys=OFF;',
  ])('may not do this: %s', (sql) => {
    expect(faultOf(sql)).not.toBeNull()
  })

  it.each([
    'ALTER TABLE `jobs` ADD `size` integer;',
    'ALTER TABLE `jobs` ADD `size` integer DEFAULT 0 NOT NULL;',
    'CREATE INDEX `jobs_size` ON `jobs` (`size`) WHERE size IS NOT NULL;',
    'CREATE TABLE `sizes` (`id` text PRIMARY KEY NOT NULL, `n` integer NOT NULL);',
  ])('may do this: %s', (sql) => {
    expect(faultOf(sql)).toBeNull()
  })
})

describe('wrangler.toml', () => {
  const before: Config = unstable_readConfig({ config: released.wranglerToml })
  const now: Config = unstable_readConfig({ config: 'wrangler.toml' })

  it(`has every resource of ${released.version}: a rollback is refused if one is missing, and messages may be in a queue`, () => {
    expect(resourcesOf(now)).toEqual(expect.arrayContaining(resourcesOf(before)))
  })
})

/** Null: code that does not know of the change still reads and writes every row. */
function faultOf(sql: string): string | null {
  if (/^CREATE TABLE /i.test(sql)) return null
  if (/^CREATE INDEX /i.test(sql)) return null
  // The old code does not write the column, so a row without it must be allowed.
  const column = /^ALTER TABLE \S+ ADD (?!CONSTRAINT)(?:COLUMN )?(.*)$/is.exec(sql)?.[1]
  if (column === undefined) return 'only new tables, columns and indexes are additive'
  if (/\bREFERENCES\b/i.test(column)) return 'the old code may insert a row that breaks the reference'
  if (/\bNOT NULL\b/i.test(column) && !/\bDEFAULT\b/i.test(column))
    return 'a column that must not be null needs a default'
  return null
}

interface Config {
  d1_databases: { binding: string; database_name?: string }[]
  r2_buckets: { binding: string; bucket_name?: string }[]
  queues: {
    producers?: { binding: string; queue: string }[]
    consumers?: { queue: string; dead_letter_queue?: string }[]
  }
}

function resourcesOf({ d1_databases, r2_buckets, queues }: Config): string[] {
  return [
    ...d1_databases.map(({ binding, database_name }) => `database ${binding} ${database_name}`),
    ...r2_buckets.map(({ binding, bucket_name }) => `bucket ${binding} ${bucket_name}`),
    ...(queues.producers ?? []).map(({ binding, queue }) => `producer ${binding} ${queue}`),
    ...(queues.consumers ?? []).map(
      ({ queue, dead_letter_queue }) => `consumer of ${queue}, then ${dead_letter_queue}`,
    ),
  ]
}
