/**
 * The tables, by group.
 *
 * Rule: from the first release on, changes are additive. A migration that exists is never edited: every database that
 * has applied it would differ from the code. Change the tables here, then run `npm run generate:migrations`, which
 * writes one more migration. A new column is nullable or has a default, and nothing is renamed or dropped while
 * deployed code reads it. test/store/old-database.test.ts holds the rule.
 *
 * D1 bills rows written, and every index on a row is one more. So:
 * - a table whose rows are only found through their job has that job in its primary key and is WITHOUT ROWID
 *   (drizzle-kit cannot write that: add it to the migration by hand);
 * - the indexes by which work is found are partial, and hold unfinished rows only. Jobs have no such index: the sweep reads
 *   the unsettled ones in the index for lists, and a claim writes no index.
 */
export * from './schema/aborts.ts'
export * from './schema/alerts.ts'
export * from './schema/assets.ts'
export * from './schema/counters.ts'
export * from './schema/deliveries.ts'
export * from './schema/exports.ts'
export * from './schema/jobs.ts'
export * from './schema/late-checks.ts'
export * from './schema/owners.ts'
export * from './schema/pruning.ts'
export * from './schema/purges.ts'
export * from './schema/reconciliations.ts'
export * from './schema/spending.ts'
export * from './schema/starts.ts'
export * from './schema/tasks.ts'
