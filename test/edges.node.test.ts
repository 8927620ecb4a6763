/** Which source files may read the environment and call the network. */
import { describe, expect, it } from 'vitest'
import { filesWith, sources, withoutProse } from './support/sources.ts'

describe('the environment', () => {
  it('is read only by config.ts, and its names are those of settings.ts and of each provider', () => {
    const names = variableNames()
    expect(names).toContain('SIGNING_SECRET')
    const reads = new RegExp(
      `\\b(${names.join('|')})\\b|\\bprocess\\.env\\b|\\bimport\\.meta\\.env\\b|cloudflare:workers`,
    )
    const files = filesWith(reads).filter(isDeployed)
    const ofProvider = /^providers\/\w+\/index\.ts$/
    expect(files.filter((file) => !ofProvider.test(file))).toEqual(['config.ts', 'settings.ts'])
  })

  it('appears as the type Env only in the files that start the Worker', () => {
    const starting = ['context.ts', 'index.ts', 'worker.ts']
    expect(filesWith(/\bEnv\b/).filter((file) => isDeployed(file) && !starting.includes(file))).toEqual([])
  })
})

describe('the network', () => {
  it('is called through the URL guard, except for URLs from the configuration', () => {
    const callers = filesWith(/\bfetch\(/).filter(isDeployed)
    const unguarded = callers.filter((file) => !/\bguard\(/.test(withoutProse(sources[file] ?? '')))
    expect(callers).toContain('deliveries/attempt.ts')
    expect(unguarded).toEqual([
      'connections.ts',
      'context.ts',
      'exports/put-object.ts',
      'providers/http.ts',
      'url-guard/dns.ts',
    ])
  })
})

function isDeployed(file: string): boolean {
  return !/^(dev|recipes|sdk)\//.test(file)
}

/** Every variable of type string in the generated types. */
function variableNames(): string[] {
  const [generated = ''] = Object.values(
    import.meta.glob<string>('../src/env.d.ts', { query: '?raw', import: 'default', eager: true }),
  )
  return [...generated.matchAll(/^\t([A-Z_]+): string;$/gm)].flatMap(([, name]) => name ?? [])
}
