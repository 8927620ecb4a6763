/**
 * Tokens in URLs that a provider is given for one job. A token says when it ends, and its HMAC covers that: an old URL
 * is refused without a look at storage. `<seconds since 1970, base 36>-<HMAC>`. No I/O. No clock.
 */

import { tokenGraceMs } from '../schedule.ts'
import { sign, type VersionedKey, verify } from './derived-keys.ts'

export async function expiringToken(key: VersionedKey, text: string, deadlineAt: number): Promise<string> {
  const ends = Math.ceil((deadlineAt + tokenGraceMs) / 1_000).toString(36)
  return `${ends}-${await sign(key, signedText(text, ends))}`
}

export async function isCurrentToken(
  key: VersionedKey,
  text: string,
  token: string,
  nowMs: number,
): Promise<boolean> {
  const [, ends, signature] = /^([0-9a-z]{1,10})-([\w-]+)$/.exec(token) ?? []
  if (ends === undefined || signature === undefined) return false
  return (await verify(key, signedText(text, ends), signature)) && nowMs <= Number.parseInt(ends, 36) * 1_000
}

// The end as the token writes it: another way to write the same number is another text.
function signedText(text: string, ends: string): string {
  return `${text}/${ends}`
}
