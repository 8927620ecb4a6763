/** API keys, found by their hash: the keys themselves are never stored. Their secrets are stored encrypted. */
import { and, desc, eq, inArray, isNull, lte, or, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { z } from 'zod'
import { type Scope, scopes } from '../../core/access.ts'
import { readStored, storedNames } from '../../core/http/json.ts'
import { maxSecretsAtOnce, secretOverlapMs } from '../../core/schedule/deliveries.ts'
import type { Database } from '../database.ts'
import { forgetOwnersAfter } from '../owner-memory.ts'
import { apiKeys } from '../schema.ts'

type Row = typeof apiKeys.$inferSelect

/** A row with its JSON parsed. */
export interface ApiKey extends Omit<Row, 'scopes'> {
  scopes: Scope[]
}

export async function insertApiKey(db: Database, { scopes, ...key }: ApiKey): Promise<void> {
  const row = { ...key, scopes: JSON.stringify(scopes) }
  const insert = db.insert(apiKeys).values(row).onConflictDoNothing({ target: apiKeys.id })
  await forgetOwnersAfter(insert)
}

export async function findApiKeyByHash(db: Database, hash: string): Promise<ApiKey | null> {
  // In a batch, because only a batch reports the size of the database (store/size.ts).
  const [[row]] = await db.batch([
    db
      .select()
      .from(apiKeys)
      .where(and(eq(apiKeys.hash, hash), isNull(apiKeys.revokedAt))),
  ])
  return row === undefined ? null : readRow(row)
}

/** The secrets that sign for a key. A revoked key still signs. */
export function selectSecrets(db: Database, id: string) {
  return db
    .select({ callbackSecret: apiKeys.callbackSecret, retiredSecrets: apiKeys.retiredSecrets })
    .from(apiKeys)
    .where(eq(apiKeys.id, id))
}

/** The secret that signs the callbacks of a job, encrypted; null if it has none. */
export async function encryptedSecretOf(
  db: Database,
  { callbackSecret, apiKeyId }: { callbackSecret: string | null; apiKeyId: string },
): Promise<string | null> {
  if (callbackSecret !== null) return callbackSecret
  const [key] = await db
    .select({ callbackSecret: apiKeys.callbackSecret })
    .from(apiKeys)
    .where(eq(apiKeys.id, apiKeyId))
  return key?.callbackSecret ?? null
}

/** Null: there is none, or it is revoked. */
export async function findApiKey(db: Database, id: string): Promise<ApiKey | null> {
  const [row] = await db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
  return row === undefined ? null : readRow(row)
}

export async function listApiKeys(db: Database): Promise<ApiKey[]> {
  return (await db.select().from(apiKeys).orderBy(desc(apiKeys.id))).map(readRow)
}

export type ApiKeyPatch = Partial<
  Pick<ApiKey, 'name' | 'scopes' | 'expiresAt' | 'callbackUrl' | 'requestsPerMinute' | 'monthlyBudgetMicros'>
>

/** The changed key. Null: there is none, or it is revoked. */
// Running this twice is harmless: it writes the same values.
export async function updateApiKey(
  db: Database,
  id: string,
  { scopes, ...patch }: ApiKeyPatch,
): Promise<ApiKey | null> {
  const update = db
    .update(apiKeys)
    .set({ id, ...patch, ...(scopes && { scopes: JSON.stringify(scopes) }) })
    .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
    .returning()
  const [row] = await forgetOwnersAfter(update)
  return row === undefined ? null : readRow(row)
}

/** False: there was none to revoke. */
// Running this twice is harmless: the second finds the time of the first.
export async function revokeApiKey(db: Database, id: string, nowMs: number): Promise<boolean> {
  const revoke = db
    .update(apiKeys)
    .set({ revokedAt: nowMs })
    .where(and(eq(apiKeys.id, id), or(isNull(apiKeys.revokedAt), eq(apiKeys.revokedAt, nowMs))))
    .returning({ id: apiKeys.id })
  return (await forgetOwnersAfter(revoke)).length === 1
}

/** Unless it was marked since `staleMs`. The memory of owners needs no change: the callers in it are marked already. */
// Running this twice is harmless: the second finds the time of the first.
export async function markUsed(db: Database, id: string, nowMs: number, staleMs: number): Promise<void> {
  await db
    .update(apiKeys)
    .set({ lastUsedAt: nowMs })
    .where(and(eq(apiKeys.id, id), or(isNull(apiKeys.lastUsedAt), lte(apiKeys.lastUsedAt, staleMs))))
}

/** Every encrypted secret that signs for the key at that time, the newest first. */
export function secretsOf(key: Pick<ApiKey, 'callbackSecret' | 'retiredSecrets'>, nowMs: number): string[] {
  return [key.callbackSecret, ...stillSigning(key, nowMs).map(({ encrypted }) => encrypted)]
}

/** When the secret was replaced last. Null: never. */
export function secretRotatedAt({ retiredSecrets }: Pick<ApiKey, 'retiredSecrets'>): number | null {
  const [latest] = readStored(retiredSchema, retiredSecrets) ?? []
  return latest === undefined ? null : latest.until - secretOverlapMs
}

/** Replaces the secret of a key. The previous one still signs, too, until its overlap ends. */
export async function rotateSecret(
  db: Database,
  id: string,
  encrypted: string,
  nowMs: number,
): Promise<'rotated' | 'unknown_key' | 'too_often'> {
  const key = await findApiKey(db, id)
  if (key === null) return 'unknown_key'
  const retiring = { encrypted: key.callbackSecret, until: nowMs + secretOverlapMs }
  const retired = [retiring, ...stillSigning(key, nowMs)]
  // No secret ends early: a rotation that was sent twice must not end the secret in use.
  if (retired.length >= maxSecretsAtOnce) return 'too_often'
  const change = { callbackSecret: encrypted, retiredSecrets: JSON.stringify(retired satisfies Retired) }
  const isReplaced = await replaceSecret(db, key, change)
  // Another request replaced it meanwhile, and that secret must be retired in turn.
  return isReplaced ? 'rotated' : rotateSecret(db, id, encrypted, nowMs)
}

/** Keys whose secret is encrypted under that version. */
export async function keysEncryptedUnder(db: Database, version: string, limit: number): Promise<ApiKey[]> {
  const isOld = isEncryptedUnder(apiKeys.callbackSecret, version)
  return (await db.select().from(apiKeys).where(isOld).limit(limit)).map(readRow)
}

export function isEncryptedUnder(secret: SQLWrapper, version: string): SQL {
  const prefix = `${version}.`
  return sql`substr(${secret}, 1, ${prefix.length}) = ${prefix}`
}

/** Replaces the secret, unless it has changed since it was read. False: it has. */
// Running this twice is harmless: the second finds its own secret, because each encryption is different.
export async function replaceSecret(
  db: Database,
  { id, callbackSecret }: Pick<ApiKey, 'id' | 'callbackSecret'>,
  change: Pick<ApiKey, 'callbackSecret'> & Partial<Pick<ApiKey, 'retiredSecrets'>>,
): Promise<boolean> {
  const replace = db
    .update(apiKeys)
    .set(change)
    .where(and(eq(apiKeys.id, id), inArray(apiKeys.callbackSecret, [callbackSecret, change.callbackSecret])))
    .returning({ id: apiKeys.id })
  return (await forgetOwnersAfter(replace)).length === 1
}

/** A key with damaged scopes may do nothing. */
function readRow(row: Row): ApiKey {
  return { ...row, scopes: readStored(scopesSchema, row.scopes) ?? [] }
}

const scopesSchema = storedNames(scopes)

const retiredSchema = z.array(z.object({ encrypted: z.string(), until: z.number() }))

type Retired = z.infer<typeof retiredSchema>

function stillSigning({ retiredSecrets }: Pick<ApiKey, 'retiredSecrets'>, nowMs: number): Retired {
  return (readStored(retiredSchema, retiredSecrets) ?? []).filter(({ until }) => until > nowMs)
}
