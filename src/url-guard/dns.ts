/** Looks up the addresses of a host name by DNS over HTTPS, in the JSON form of Cloudflare and Google. */
import { z } from 'zod'
import { type Fetch, timeoutOf } from '../connections.ts'

export interface Resolver {
  fetch: Fetch
  url: string
}

export type Resolution =
  | { state: 'resolved'; addresses: string[]; ttlSeconds: number }
  /** `reason`: the resolver's status for each address family, e.g. NXDOMAIN. */
  | { state: 'unresolved'; reason: string }
  /** The resolver did not respond, or not in a documented form. */
  | { state: 'unknown'; error: string }

const timeoutMs = 5_000

/** Looks up A and AAAA together, since a name may have a private address in either. */
export async function resolve(resolver: Resolver, name: string): Promise<Resolution> {
  const lookups = await Promise.all([lookUp(resolver, name, 'A'), lookUp(resolver, name, 'AAAA')])
  const failed = lookups.find((lookup) => !lookup.ok)
  if (failed?.ok === false) return { state: 'unknown', error: failed.error }
  const completed = lookups.filter((lookup) => lookup.ok)
  const records = completed.flatMap(({ records }) => records)
  const addresses = records.filter(({ type }) => isAddress(type)).map(({ data }) => data)
  // A failure in one address family is ignored: DNS servers that can fail could as well return a false address.
  if (addresses.length === 0) {
    return { state: 'unresolved', reason: completed.map(({ status }) => status).join(', ') }
  }
  return { state: 'resolved', addresses, ttlSeconds: Math.min(...records.map(({ TTL }) => TTL)) }
}

type Lookup =
  | { ok: true; status: string; records: z.infer<typeof recordSchema>[] }
  | { ok: false; error: string }

async function lookUp({ fetch, url }: Resolver, name: string, type: 'A' | 'AAAA'): Promise<Lookup> {
  const query = new URL(url)
  query.searchParams.set('name', name)
  query.searchParams.set('type', type)
  const headers = { accept: 'application/dns-json' }
  const { signal, start } = timeoutOf(timeoutMs)
  try {
    const response = await fetch(new Request(query, { headers, signal, redirect: 'manual' }), start)
    if (response.status !== 200) {
      await response.body?.cancel()
      return { ok: false, error: `the resolver returned ${response.status}` }
    }
    const body = bodySchema.safeParse(await response.json())
    if (!body.success) return { ok: false, error: 'the response is not in the form of application/dns-json' }
    const { Status, Answer } = body.data
    return { ok: true, status: statusNames[Status] ?? `status ${Status}`, records: Answer ?? [] }
  } catch (error) {
    // A network error of fetch or of reading the body (refused, reset, timed out), a request that was not sent, or a body
    // that is no JSON.
    return { ok: false, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
  }
}

function isAddress(type: number): boolean {
  return type === 1 || type === 28
}

// RFC 1035 §4.1.1.
const statusNames: Partial<Record<number, string>> = {
  0: 'no address',
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  5: 'REFUSED',
}

const recordSchema = z.object({ type: z.int(), TTL: z.number().min(0), data: z.string() })

const bodySchema = z.object({ Status: z.int(), Answer: z.array(recordSchema).nullish() })
