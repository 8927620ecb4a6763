/** The addresses of a name, asked of a resolver over HTTPS in the JSON form that Cloudflare and Google answer in. */
import { z } from 'zod'

export interface Resolver {
  fetch: (request: Request) => Promise<Response>
  url: string
}

export type Resolution =
  | { state: 'resolved'; addresses: string[]; ttlSeconds: number }
  /** `said`: what the resolver answered, e.g. NXDOMAIN. */
  | { state: 'unresolved'; said: string }
  /** The resolver did not answer, or not in words we know. */
  | { state: 'unknown'; error: string }

const timeoutMs = 5_000

/** A and AAAA at once: a name may have a private address in either. */
export async function resolve(resolver: Resolver, name: string): Promise<Resolution> {
  const answers = await Promise.all([ask(resolver, name, 'A'), ask(resolver, name, 'AAAA')])
  const failed = answers.find((answer) => !answer.ok)
  if (failed?.ok === false) return { state: 'unknown', error: failed.error }
  const known = answers.filter((answer) => answer.ok)
  const records = known.flatMap(({ records }) => records)
  const addresses = records.filter(({ type }) => isAddress(type)).map(({ data }) => data)
  // A family that the name's own servers fail in is passed over: whoever can make it fail could lie in it as well.
  if (addresses.length === 0) return { state: 'unresolved', said: known.map(({ said }) => said).join(', ') }
  return { state: 'resolved', addresses, ttlSeconds: Math.min(...records.map(({ TTL }) => TTL)) }
}

type Answer =
  | { ok: true; said: string; records: z.infer<typeof recordSchema>[] }
  | { ok: false; error: string }

async function ask({ fetch, url }: Resolver, name: string, type: 'A' | 'AAAA'): Promise<Answer> {
  const question = new URL(url)
  question.searchParams.set('name', name)
  question.searchParams.set('type', type)
  const headers = { accept: 'application/dns-json' }
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(new Request(question, { headers, signal, redirect: 'manual' }))
    if (response.status !== 200) {
      await response.body?.cancel()
      return { ok: false, error: `it answered ${response.status}` }
    }
    const answer = answerSchema.safeParse(await response.json())
    if (!answer.success) return { ok: false, error: 'its answer is not in the form of application/dns-json' }
    const { Status, Answer: records } = answer.data
    return { ok: true, said: statusNames[Status] ?? `status ${Status}`, records: records ?? [] }
  } catch (error) {
    // What fetch and reading a body throw is the network's: refused, reset, timed out; or the answer is no JSON.
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

const answerSchema = z.object({ Status: z.int(), Answer: z.array(recordSchema).nullish() })
