/**
 * Ids with a type prefix that sort by creation time: a prefix and a UUIDv7 in base 32 (TypeID). Because they sort, lists
 * page by primary key, and no table needs an index on time. The last two characters, ten random bits of the UUID, hold the
 * number of the shard (shards.ts).
 */
import { TypeID, typeid } from 'typeid-js'

const prefixes = {
  job: 'job',
  event: 'evt',
  delivery: 'dlv',
  endpoint: 'ep',
  apiKey: 'key',
  asset: 'asset',
} as const
type Kind = keyof typeof prefixes

export function newId(kind: Kind, shard = 0): string {
  return `${typeid(prefixes[kind]).toString().slice(0, -2)}${digit(shard >> 5)}${digit(shard)}`
}

/** The number of the shard in an id, 0 to 1023. An id that Reelhook did not make has any number. */
export function shardOf(id: string): number {
  const [high = 0, low = 0] = Array.from(id.slice(-2), (character) => Math.max(0, digits.indexOf(character)))
  return high * 32 + low
}

/**
 * The n-th event id that belongs to a job and has no row: always the same, and no other job has it. `n`, below 1,024,
 * replaces the shard, because an event is only reached through its job or its delivery.
 */
export function eventIdOf(jobId: string, n: number): string {
  return `${eventPrefixOf(jobId, 24)}${digit(n >> 5)}${digit(n)}`
}

/** The same for something that is known by its hash, in hex. */
export function eventIdOfHash(jobId: string, hash: string): string {
  const bytes = Array.from({ length: 14 }, (_, n) => Number.parseInt(hash.slice(2 * n, 2 * n + 2), 16))
  return `${eventPrefixOf(jobId, 12)}${bytes.map(digit).join('')}`
}

/**
 * Our own id of a job's n-th task, as a random UUID looks: always the same, so that a database that has forgotten a task
 * makes no second one. `n`, below 256, replaces bits of the shard.
 */
export function taskReferenceOf(jobId: string, n: number): string {
  const uuid = TypeID.fromString(jobId, prefixes.job).toUUID()
  return `${uuid.slice(0, 14)}4${uuid.slice(15, -2)}${n.toString(16).padStart(2, '0')}`
}

function eventPrefixOf(jobId: string, length: number): string {
  const start = prefixes.job.length + 1
  return `${prefixes.event}_${jobId.slice(start, start + length)}`
}

// Crockford's base 32, as in every TypeID.
const digits = '0123456789abcdefghjkmnpqrstvwxyz'

/** The last five bits, as TypeID writes them. */
function digit(bits: number): string {
  return digits.charAt(bits & 31)
}

/** The UUID in an id as 32 hex digits. An id that Reelhook did not make has some, too. */
export function hexOf(id: string): string {
  const bits = Array.from(id.slice(-26), (character) => Math.max(0, digits.indexOf(character)))
  const number = bits.reduce((sum, digit) => sum * 32n + BigInt(digit), 0n)
  return BigInt.asUintN(128, number).toString(16).padStart(32, '0')
}

/** The smallest id of its kind that can be created at `timeMs`: a bound for "created before / after". */
export function firstIdAt(kind: Kind, timeMs: number): string {
  const time = Math.max(0, Math.min(timeMs, 2 ** 48 - 1))
  const hex = time.toString(16).padStart(12, '0')
  return TypeID.fromUUID(
    prefixes[kind],
    `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`,
  ).toString()
}
