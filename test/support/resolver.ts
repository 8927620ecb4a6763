/** A DNS-over-HTTPS resolver with Cloudflare's JSON responses, for the names of the test. */

export const resolverUrl = 'https://resolver.test/dns-query'

export interface Zone {
  [name: string]: {
    A?: string[]
    AAAA?: string[]
    /** CNAMEs before the addresses. */
    via?: string[]
    TTL?: number
    /** The response status for one or both address families; 0 by default. */
    status?: number | { A?: number; AAAA?: number }
  }
}

export interface FakeResolver {
  fetch: (request: Request) => Promise<Response>
  /** Every query, e.g. `A caller.test`. */
  asked: string[]
}

export function aResolver(zone: Zone): FakeResolver {
  const asked: string[] = []
  return {
    asked,
    fetch: async (request) => {
      const { searchParams } = new URL(request.url)
      const name = searchParams.get('name') ?? ''
      const type = searchParams.get('type') === 'AAAA' ? 'AAAA' : 'A'
      asked.push(`${type} ${name}`)
      return responseFor(zone[name], name, type)
    },
  }
}

function responseFor(entry: Zone[string] | undefined, name: string, type: 'A' | 'AAAA'): Response {
  const { via = [], TTL = 300, status = 0 } = entry ?? { status: 3 }
  const aliases = via.map((data) => ({ name, type: 5, TTL, data }))
  const addresses = (entry?.[type] ?? []).map((data) => ({ name, type: type === 'A' ? 1 : 28, TTL, data }))
  const Answer = [...aliases, ...addresses]
  const Status = typeof status === 'number' ? status : (status[type] ?? 0)
  const Question = [{ name, type: type === 'A' ? 1 : 28 }]
  const flags = { TC: false, RD: true, RA: true, AD: false, CD: false }
  const body = { Status, ...flags, Question, ...(Answer.length > 0 && { Answer }) }
  return new Response(JSON.stringify(body), { headers: { 'content-type': 'application/dns-json' } })
}
