/**
 * Signed URLs: an HMAC covers a path and the second in which it expires, so a forged or expired URL is refused without
 * reading storage. No I/O. No clock.
 */
import { tokenGraceMs } from '../schedule/jobs.ts'
import { sign, signingKey, type VersionedSecret, verify } from './derived-keys.ts'

export interface SignedPath {
  secret: VersionedSecret
  /** Names the key: a signature for one purpose is never valid for another. */
  purpose: string
  path: string
}

/** `expires` is signed as written in the URL, so the same time in another spelling is refused. */
export async function signPath({ secret, purpose, path }: SignedPath, expires: string): Promise<string> {
  return sign(await signingKey(secret, purpose), `${path}/${expires}`)
}

export async function isSignedPath(
  { secret, purpose, path }: SignedPath,
  expires: string,
  signature: string,
): Promise<boolean> {
  return verify(await signingKey(secret, purpose), `${path}/${expires}`, signature)
}

/** A token for a URL that a provider uses until the job's deadline: `<seconds since 1970, base 36>-<HMAC>`. */
export async function expiringToken(signed: SignedPath, deadlineAt: number): Promise<string> {
  const expires = Math.ceil((deadlineAt + tokenGraceMs) / 1_000).toString(36)
  return `${expires}-${await signPath(signed, expires)}`
}

export async function isCurrentToken(signed: SignedPath, token: string, nowMs: number): Promise<boolean> {
  const [, expires, signature] = /^([0-9a-z]{1,10})-([\w-]+)$/.exec(token) ?? []
  if (expires === undefined || signature === undefined) return false
  return (await isSignedPath(signed, expires, signature)) && nowMs <= Number.parseInt(expires, 36) * 1_000
}
