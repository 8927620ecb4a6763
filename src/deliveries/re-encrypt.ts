/**
 * While SIGNING_SECRET_PREVIOUS is set, every sweep re-encrypts some secrets of API keys and endpoints under the current
 * version. Once none is left, the previous secret can be removed from the settings.
 */
import type { Context } from '../context.ts'
import { versionOf } from '../core/crypto/derived-keys.ts'
import { keysEncryptedUnder, replaceSecret } from '../store/deliveries/api-keys.ts'
import { endpointsEncryptedUnder, replaceEndpointSecret } from '../store/deliveries/endpoints.ts'
import { decryptSecret, encryptSecret } from './secrets.ts'

const maxPerSweep = 100

// Running this twice at once is harmless: a secret that was replaced meanwhile is not changed.
export async function reencryptSecrets(context: Context): Promise<void> {
  const { db, config, log } = context
  const [, ...previousSecrets] = config.signingSecret
  for (const previous of previousSecrets) {
    const version = await versionOf(previous)
    const keys = await keysEncryptedUnder(db, version, maxPerSweep)
    for (const key of keys) {
      await reencrypt(context, key.callbackSecret, (callbackSecret) =>
        replaceSecret(db, key, { callbackSecret }),
      )
    }
    const endpoints = await endpointsEncryptedUnder(db, version, maxPerSweep)
    for (const endpoint of endpoints) {
      await reencrypt(context, endpoint.secret, (secret) => replaceEndpointSecret(db, endpoint, secret))
    }
    const count = keys.length + endpoints.length
    if (count > 0) log('secrets.reencrypted', { count })
  }
}

async function reencrypt(
  { config }: Context,
  encrypted: string,
  replace: (reencrypted: string) => Promise<unknown>,
): Promise<void> {
  const secret = await decryptSecret(config.signingSecret, encrypted)
  // A damaged secret stays as it is; its deliveries fail and say so.
  if (secret !== null) await replace(await encryptSecret(config.signingSecret, secret))
}
