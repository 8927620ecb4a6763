/**
 * While SIGNING_SECRET_PREVIOUS is set, the secrets that live as long as their API key or their endpoint are sealed anew
 * under the current version, some at each sweep, so that the one before can be forgotten.
 */
import type { Context } from '../context.ts'
import { versionOf } from '../core/crypto/derived-keys.ts'
import { keysEncryptedUnder, replaceSecret } from '../store/deliveries/api-keys.ts'
import { endpointsEncryptedUnder, replaceEndpointSecret } from '../store/deliveries/endpoints.ts'
import { decryptSecret, encryptSecret } from './secrets.ts'

const mostAtOnce = 100

// Running this twice at once is harmless: a secret that was replaced meanwhile is left as it is.
export async function reencryptSecrets(context: Context): Promise<void> {
  const { db, config, log } = context
  const [, ...previous] = config.signingSecret
  for (const one of previous) {
    const version = await versionOf(one)
    const keys = await keysEncryptedUnder(db, version, mostAtOnce)
    for (const key of keys) {
      await reseal(context, key.callbackSecret, (sealed) =>
        replaceSecret(db, key, { callbackSecret: sealed }),
      )
    }
    const endpoints = await endpointsEncryptedUnder(db, version, mostAtOnce)
    for (const endpoint of endpoints) {
      await reseal(context, endpoint.secret, (sealed) => replaceEndpointSecret(db, endpoint, sealed))
    }
    const count = keys.length + endpoints.length
    if (count > 0) log('secrets.reencrypted', { count })
  }
}

async function reseal(
  { config }: Context,
  sealed: string,
  replace: (sealed: string) => Promise<unknown>,
): Promise<void> {
  const secret = await decryptSecret(config.signingSecret, sealed)
  // Tampered with: it stays as it is, and its deliveries say so.
  if (secret !== null) await replace(await encryptSecret(config.signingSecret, secret))
}
