/**
 * While SIGNING_SECRET_PREVIOUS is set, the secrets that live as long as their API key are sealed anew under the
 * current version, some at each sweep, so that the one before can be forgotten.
 */
import type { Context } from '../context.ts'
import { versionOf } from '../core/keys.ts'
import { keysSealedUnder, replaceSecret } from '../store/api-keys.ts'
import { openSecret, sealSecret } from './secrets.ts'

const mostAtOnce = 100

// Running this twice at once is harmless: a secret that was replaced meanwhile is left as it is.
export async function resealSecrets({ db, config, log }: Context): Promise<void> {
  const [, ...previous] = config.signingSecret
  for (const one of previous) {
    const keys = await keysSealedUnder(db, await versionOf(one), mostAtOnce)
    for (const key of keys) {
      const secret = await openSecret(config.signingSecret, key.callbackSecret)
      // Tampered with: it stays as it is, and its deliveries say so.
      if (secret === null) continue
      await replaceSecret(db, key, { callbackSecret: await sealSecret(config.signingSecret, secret) })
    }
    if (keys.length > 0) log('secrets.resealed', { count: keys.length })
  }
}
