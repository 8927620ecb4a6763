/** The credential of calls to the simulator: only a deployment with the same secret can derive it. */
import { sign, signingKey, type VersionedSecret, verify } from '../../core/crypto/derived-keys.ts'

const purpose = 'simulator calls'

export async function callToken(secret: VersionedSecret): Promise<string> {
  return sign(await signingKey(secret, purpose), purpose)
}

export async function isCallToken(secret: VersionedSecret, token: string): Promise<boolean> {
  return verify(await signingKey(secret, purpose), purpose, token)
}
