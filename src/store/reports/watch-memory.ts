/**
 * The memory of one isolate about the jobs that its clients wait for. It is plain data: a request must not await a promise of
 * another request, which may be canceled at any moment. Each client looks into it at its own times, and the first one that
 * finds it too old reads for all of them.
 */
import type { JobEventType } from '../../core/event.ts'
import type { Model, ProviderName } from '../../core/request/choices.ts'

/** A client that waits. It is in the memory until it leaves, or does not look for a while. */
export interface WaitingClient {
  kind: 'wait' | 'stream'
  keyId: string
  /** Null: a stream of the events of all jobs. */
  jobId: string | null
  lookedAt: number
}

/** When the isolate read last, and since when a read is under way. */
export interface LastRead {
  beganAt: number
  underWaySince: number | null
  /** The last one failed, at one of the databases at least. */
  hasFailed: boolean
}

export interface WatchedJob {
  isSettled: boolean
  /** Another one after each step and each webhook of the job. */
  version: string
}

/** An event as every stream sends it, with what decides which streams do. */
export interface FoundEvent {
  id: string
  type: JobEventType
  at: number
  apiKeyId: string
  project: string | null
  provider: ProviderName
  model: Model
  metadata: Record<string, string>
  body: string
}

/** `sequence` counts the events of this isolate. */
type KeptEvent = FoundEvent & { sequence: number }

/** The unsettled jobs of one database, by id, as they were at the last look. */
export interface WatchedShard {
  lookedAt: number
  unsettled: Map<string, string>
  /** The changed jobs that no look has read yet, the oldest first, and when they were last looked at before they changed. */
  unread: Map<string, number>
}

export interface WatchMemory {
  clients: Set<WaitingClient>
  jobs: { read: LastRead; known: Map<string, WatchedJob | 'gone'> }
  feed: {
    read: LastRead
    shards: Map<number, WatchedShard>
    /** Another number after a look that could not be compared with the one before. */
    epoch: number
    events: KeptEvent[]
    lastSequence: number
    /** The events and the ended jobs that were found lately: their ids, and when. */
    found: Map<string, number>
  }
}

let memories = new WeakMap<D1Database, WatchMemory>()

/** A binding lives as long as its isolate. */
export function watchMemoryOf(binding: D1Database): WatchMemory {
  const known = memories.get(binding)
  if (known !== undefined) return known
  const memory: WatchMemory = {
    clients: new Set(),
    jobs: { read: neverRead(), known: new Map() },
    feed: { read: neverRead(), shards: new Map(), epoch: 0, events: [], lastSequence: 0, found: new Map() },
  }
  memories.set(binding, memory)
  return memory
}

function neverRead(): LastRead {
  return { beganAt: 0, underWaySince: null, hasFailed: false }
}

/** For tests, whose clock may go back. */
export function forgetWatched(): void {
  memories = new WeakMap()
}
