/**
 * While SIGNING_SECRET_PREVIOUS is set, the secrets that live as long as their API key or their endpoint are sealed anew
 * under the current version, some at each sweep, so that the one before can be forgotten.
 */
import type { Context } from '../context.ts'
import { versionOf } from '../core/keys.ts'
import { keysSealedUnder, replaceSecret } from '../store/api-keys.ts'
import { endpointsSealedUnder, replaceEndpointSecret } from '../store/endpoints.ts'
import { openSecret, sealSecret } from './secrets.ts'

const mostAtOnce = 100

// Running this twice at once is harmless: a secret that was replaced meanwhile is left as it is.
export async function resealSecrets(context: Context): Promise<void> {
  const { db, config, log } = context
  const [, ...previous] = config.signingSecret
  for (const one of previous) {
    const version = await versionOf(one)
    const keys = await keysSealedUnder(db, version, mostAtOnce)
    for (const key of keys) {
      await reseal(context, key.callbackSecret, (sealed) =>
        replaceSecret(db, key, { callbackSecret: sealed }),
      )
    }
    const endpoints = await endpointsSealedUnder(db, version, mostAtOnce)
    for (const endpoint of endpoints) {
      await reseal(context, endpoint.secret, (sealed) => replaceEndpointSecret(db, endpoint, sealed))
    }
    const count = keys.length + endpoints.length
    if (count > 0) log('secrets.resealed', { count })
  }
}

async function reseal(
  { config }: Context,
  sealed: string,
  replace: (sealed: string) => Promise<unknown>,
): Promise<void> {
  const secret = await openSecret(config.signingSecret, sealed)
  // Tampered with: it stays as it is, and its deliveries say so.
  if (secret !== null) await replace(await sealSecret(config.signingSecret, secret))
}
