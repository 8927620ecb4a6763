/** The API key that `npm start` prints. It is stored beside the database, so that a printed request works after a restart. */
import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { scopes } from '../../core/access.ts'
import { createClient } from './client.ts'

const schema = z.object({ key: z.string(), callback_secret: z.string() })
export type OwnKey = z.infer<typeof schema>

/** Null: none was stored. */
export async function storedKey(folder: string): Promise<OwnKey | null> {
  const text = await readFile(fileIn(folder), 'utf8').catch(() => null)
  return text === null ? null : schema.parse(JSON.parse(text))
}

/** The stored key, if this Worker still accepts it. Otherwise a new one. */
export async function usableKey(
  folder: string,
  { url, adminApiKey }: { url: string; adminApiKey: string },
  stored: OwnKey | null,
): Promise<OwnKey> {
  if (stored !== null) {
    const authorization = `Bearer ${stored.key}`
    const { ok } = await fetch(`${url}/v1/api-keys/current`, { headers: { authorization } })
    if (ok) return stored
  }
  const admin = createClient(url, adminApiKey)
  const created = schema.parse(await admin.post('/v1/api-keys', { name: 'npm start', scopes }))
  await writeFile(fileIn(folder), JSON.stringify(created), { mode: 0o600 })
  return created
}

function fileIn(folder: string): string {
  return `${folder}/api-key.json`
}
