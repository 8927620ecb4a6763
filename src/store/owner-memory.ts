/**
 * The memory of one isolate: API keys and endpoints, per database. The isolate forgets all of it after `rememberedMs`, and
 * at once when it writes any of them. So it sees a change by another isolate that much later at most.
 */
import type { Caller } from '../core/access.ts'
import type { EventType, Subscription } from '../core/event.ts'

export interface RememberedEndpoint extends Subscription {
  eventTypes: EventType[]
  /** Encrypted. */
  secret: string
  isDisabled: boolean
}

export interface RememberedKey {
  /** Encrypted; null for the admin key, which has none. */
  secrets: { callbackSecret: string; retiredSecrets: string } | null
  /** The hosts to which its callbacks are disabled. */
  disabledHosts: string[]
}

export interface OwnerMemory {
  endpoints: RememberedEndpoint[] | null
  keys: Map<string, RememberedKey>
  /** The keys that are not revoked, by hash. */
  callers: Map<string, Caller>
  forgottenAt: number
}

export const rememberedMs = 5_000

/** A binding lives as long as its isolate. */
let memories = new WeakMap<D1Database, OwnerMemory>()

/** The caller adds what it reads to the memory that it had before it read: one that is forgotten meanwhile stays so. */
export function memoryOf(binding: D1Database, nowMs: number): OwnerMemory {
  const known = memories.get(binding)
  if (known !== undefined && nowMs < known.forgottenAt) return known
  const memory = {
    endpoints: null,
    keys: new Map(),
    callers: new Map(),
    forgottenAt: nowMs + rememberedMs,
  }
  memories.set(binding, memory)
  return memory
}

export function forgetOwners(): void {
  memories = new WeakMap()
}

/** For every write of API keys, endpoints and disabled callbacks. A write that failed may have been executed. */
export async function forgetOwnersAfter<T>(write: PromiseLike<T>): Promise<T> {
  try {
    return await write
  } finally {
    forgetOwners()
  }
}
