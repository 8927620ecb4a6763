/**
 * The owners of deliveries (endpoints and API keys), as accepting a job, its steps and the attempts of its deliveries need
 * them. They are in the control database. Most calls cost no round trip: owner-memory.ts.
 */
import type { Caller } from '../../core/access.ts'
import type { DeliveryReason } from '../../core/delivery.ts'
import type { Subscription } from '../../core/event.ts'
import type { Database } from '../database.ts'
import { forgetOwners, memoryOf, type RememberedEndpoint, type RememberedKey } from '../owner-memory.ts'
import { findApiKeyByHash, secretsOf, selectSecrets } from './api-keys.ts'
import { type Owner, selectDisabledHosts } from './disabled.ts'
import { readSubscription, selectForDeliveries } from './endpoints.ts'

export interface Owners {
  /** The enabled endpoints. One that was created in the last seconds may be missing. */
  subscriptions(): Promise<Subscription[]>
  /** The owner of a delivery as it was within the last seconds. */
  find(owner: Owner): Promise<OwnerState>
  /** The owner of a delivery as it is now. */
  findNow(owner: Owner): Promise<OwnerState>
  /** The API key with this hash. Null: there is none, or it is revoked. One revoked seconds ago may be found. */
  callerByHash(hash: string): Promise<Caller | null>
}

export interface OwnerState {
  /** Why it receives nothing. */
  obstacle: Extract<DeliveryReason, 'disabled' | 'endpoint_deleted'> | null
  /** The URL of the endpoint. Null: the delivery is a callback, whose URL its job has. */
  url: string | null
  /** The secrets that sign its deliveries, the newest first. A job may have a secret of its own instead. */
  encryptedSecrets: string[]
}

export function createOwners(binding: D1Database, db: Database, now: () => number): Owners {
  const endpoints = async (): Promise<RememberedEndpoint[]> => {
    const memory = memoryOf(binding, now())
    memory.endpoints ??= (await selectForDeliveries(db)).map(({ disabledAt, ...row }) => ({
      ...readSubscription(row),
      isDisabled: disabledAt !== null,
    }))
    return memory.endpoints
  }
  const key = async (id: string): Promise<RememberedKey> => {
    const memory = memoryOf(binding, now())
    const known = memory.keys.get(id)
    if (known !== undefined) return known
    const [[secrets = null], disabled] = await db.batch([selectSecrets(db, id), selectDisabledHosts(db, id)])
    const read = { secrets, disabledHosts: disabled.map(({ host }) => host) }
    memory.keys.set(id, read)
    return read
  }
  const find = async ({ endpointId, ownerId, host }: Owner): Promise<OwnerState> => {
    if (endpointId === null) return stateOfKey(await key(ownerId), host, now())
    return stateOfEndpoint((await endpoints()).find((endpoint) => endpoint.endpointId === endpointId))
  }
  return {
    subscriptions: async () => (await endpoints()).filter(({ isDisabled }) => !isDisabled),
    find,
    findNow: (owner) => {
      forgetOwners()
      return find(owner)
    },
    callerByHash: async (hash) => {
      const { callers } = memoryOf(binding, now())
      const known = callers.get(hash)
      if (known !== undefined) return known
      const key = await findApiKeyByHash(db, hash)
      // A key that does not exist is not remembered: it may be created at any moment, and guesses would fill the memory.
      if (key === null) return null
      const { id: keyId, project, scopes, expiresAt, lastUsedAt, callbackUrl } = key
      const { requestsPerMinute, monthlyBudgetMicros } = key
      const access = { keyId, project, scopes, expiresAt, lastUsedAt }
      const caller = { ...access, callbackUrl, requestsPerMinute, monthlyBudgetMicros }
      callers.set(hash, caller)
      return caller
    },
  }
}

function stateOfEndpoint(endpoint: RememberedEndpoint | undefined): OwnerState {
  if (endpoint === undefined) return { obstacle: 'endpoint_deleted', url: null, encryptedSecrets: [] }
  const { url, secret, isDisabled } = endpoint
  return { obstacle: isDisabled ? 'disabled' : null, url, encryptedSecrets: [secret] }
}

function stateOfKey({ secrets, disabledHosts }: RememberedKey, host: string, nowMs: number): OwnerState {
  return {
    obstacle: disabledHosts.includes(host) ? 'disabled' : null,
    url: null,
    encryptedSecrets: secrets === null ? [] : secretsOf(secrets, nowMs),
  }
}
