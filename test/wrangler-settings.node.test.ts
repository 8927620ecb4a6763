/** The settings in wrangler.toml that the local runtime does not enforce, so that no other test would miss them. */
import { describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'

const settings = unstable_readConfig({ config: 'wrangler.toml' })

describe('the deployed Worker', () => {
  it('can call other Workers of its account, and calls its own zone through the firewall', () => {
    expect(settings.compatibility_flags).toContain('global_fetch_strictly_public')
  })

  it('has the CPU time that hashing several large videos at once needs', () => {
    expect(settings.limits).toMatchObject({ cpu_ms: 300_000 })
  })

  it('records no URL with a token or a signature', () => {
    expect(settings.observability).toMatchObject({
      enabled: true,
      redact_query_string: true,
      logs: { enabled: true, invocation_logs: false },
    })
  })

  it('keeps its cache when a new version is deployed', () => {
    expect(settings.cache).toMatchObject({ enabled: true, cross_version_cache: true })
  })

  it('has a counter of its own for each rate limit, with a period that the platform takes', () => {
    const limits: { namespace_id: string; simple: { period: number } }[] = settings.ratelimits
    expect(new Set(limits.map(({ namespace_id }) => namespace_id)).size).toBe(limits.length)
    expect(limits.map(({ simple }) => simple.period)).toEqual(limits.map(() => 60))
  })
})
