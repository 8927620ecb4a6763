/** The house rules of the imports: what each part may know of the others, read from the sources themselves. */
import { describe, expect, it } from 'vitest'

/** What a part may import: folders and files of `src`, and packages with everything inside them. Its own folder goes without saying. */
const arrows: Record<string, string[]> = {
  'core/': ['zod', 'ipaddr.js', 'tlds', 'typeid-js'],
  'providers/': ['core/', 'zod'],
  'store/': ['core/', 'drizzle-orm', 'zod'],
  'media/': ['core/', 'store/', 'context.ts', 'config.ts', 'log.ts', 'mediabunny', 'multipasta'],
  'deliveries/': ['core/', 'store/', 'context.ts', 'config.ts', 'log.ts', 'standardwebhooks'],
  'webhooks/': ['core/', 'store/', 'context.ts', 'log.ts', 'rate.ts', 'hono'],
  'uploads/': ['core/', 'store/', 'media/', 'context.ts', 'log.ts', 'rate.ts', 'hono'],
  'engine/': [
    'core/',
    'store/',
    'providers/',
    'deliveries/',
    'media/',
    'webhooks/token.ts',
    'uploads/token.ts',
    'context.ts',
    'log.ts',
    'nudges.ts',
  ],
  'api/': [
    'core/',
    'store/',
    'providers/',
    'deliveries/',
    'media/',
    // The steps that a caller may take.
    'engine/cancel.ts',
    'engine/erase.ts',
    'context.ts',
    'config.ts',
    'log.ts',
    'nudges.ts',
    'rate.ts',
    'hono',
    '@hono/zod-openapi',
    'zod',
  ],
  'guard/': ['core/', 'log.ts', 'zod'],
  'simulator/': ['hono', '@hono/node-server', 'zod', 'node:'],
  'local/': ['core/', 'simulator/', 'config.ts', 'miniflare', 'node:', 'standardwebhooks', 'wrangler', 'zod'],
  'log.ts': [],
  'rate.ts': ['log.ts'],
  'config.ts': ['core/', 'providers/index.ts', 'zod'],
  'nudges.ts': ['core/', 'log.ts', 'zod'],
  'context.ts': [
    'core/target.ts',
    'config.ts',
    'guard/guard.ts',
    'log.ts',
    'nudges.ts',
    'providers/index.ts',
    'store/database.ts',
    'package.json',
  ],
  'reelhook.ts': [
    'api/',
    'engine/',
    'webhooks/',
    'uploads/',
    'deliveries/',
    'config.ts',
    'context.ts',
    'log.ts',
    'nudges.ts',
    'hono',
  ],
  'index.ts': ['reelhook.ts', 'context.ts'],
}

const sources = readSources()

describe('the arrows', () => {
  it.each(Object.keys(sources))('hold for %s', (file) => {
    expect(forbiddenImports(file, sources[file] ?? '')).toEqual([])
  })

  it('are given to every part of the house, and to nothing that is not there', () => {
    const parts = new Set(Object.keys(sources).map(partOf))
    expect([...parts].sort()).toEqual(Object.keys(arrows).sort())
  })

  it('lead in no circle, types among them', () => {
    expect(Object.keys(sources).filter((file) => isReached(file, file))).toEqual([])
  })

  it('are followed over many files', () => {
    expect(isReached('index.ts', 'core/id.ts')).toBe(true)
    expect(isReached('core/id.ts', 'index.ts')).toBe(false)
  })

  it.each([
    ['core/job.ts', "import { z } from 'zod'\nimport { x } from '../store/jobs.ts'", '../store/jobs.ts'],
    ['core/job.ts', "import {\n  type A,\n  b,\n} from 'hono'", 'hono'],
    ['core/job.ts', "export * from '../engine/submit.ts'", '../engine/submit.ts'],
    ['core/job.ts', "import 'node:fs'", 'node:fs'],
    ['core/job.ts', "const { x } = await import('../context.ts')", '../context.ts'],
    ['core/job.ts', "import type { X } from 'zodiac'", 'zodiac'],
    ['engine/submit.ts', "import { x } from '../webhooks/receive.ts'", '../webhooks/receive.ts'],
    ['api/jobs.ts', "import { x } from '../engine/submit.ts'", '../engine/submit.ts'],
    ['api/jobs.ts', "import { x } from 'drizzle-orm/d1'", 'drizzle-orm/d1'],
    ['simulator/task.ts', "import { x } from '../core/job.ts'", '../core/job.ts'],
    ['attic/old.ts', "import { z } from 'zod'", 'zod'],
  ])('see in %s that %j is forbidden', (file, source, specifier) => {
    expect(forbiddenImports(file, source)).toEqual([`${file} must not import ${specifier}`])
  })

  it('overlook what is only spoken of', () => {
    const source =
      "// import { x } from '../store/jobs.ts'\n/* from '../engine/submit.ts' */\nexport const a = 1"
    expect(forbiddenImports('core/job.ts', source)).toEqual([])
  })
})

describe('the environment', () => {
  it('is read by config.ts alone', () => {
    const names = variables()
    expect(names).toContain('SIGNING_SECRET')
    const read = new RegExp(
      `\\b(${names.join('|')})\\b|\\bprocess\\.env\\b|\\bimport\\.meta\\.env\\b|cloudflare:workers`,
    )
    expect(filesWhose(read).filter((file) => !/^(local|simulator)\//.test(file))).toEqual(['config.ts'])
  })

  it('is named by the rim alone', () => {
    const rim = ['context.ts', 'index.ts', 'reelhook.ts']
    expect(filesWhose(/\bEnv\b/).filter((file) => !rim.includes(file))).toEqual([])
  })
})

describe('the network', () => {
  it('is called behind the guard, or where the settings say', () => {
    const callers = filesWhose(/\bfetch\(/).filter((file) => !/^(local|simulator)\//.test(file))
    const unguarded = callers.filter((file) => !/\bguard\(/.test(withoutProse(sources[file] ?? '')))
    expect(callers).toContain('deliveries/attempt.ts')
    expect(unguarded).toEqual(['context.ts', 'guard/resolve.ts', 'providers/http.ts'])
  })
})

function forbiddenImports(file: string, source: string): string[] {
  return importsOf(source)
    .filter((specifier) => !mayImport(file, specifier))
    .map((specifier) => `${file} must not import ${specifier}`)
}

function mayImport(file: string, specifier: string): boolean {
  const part = partOf(file)
  const allowed = arrows[part] ?? []
  if (!specifier.startsWith('.')) {
    return allowed.some((name) => (name.endsWith(':') ? specifier.startsWith(name) : isOf(name, specifier)))
  }
  const target = targetOf(file, specifier)
  return [part, ...allowed].some((name) => (name.endsWith('/') ? target.startsWith(name) : target === name))
}

function targetOf(file: string, specifier: string): string {
  return new URL(specifier, `file:///${file}`).pathname.slice(1)
}

/** Whether a file imports the other, or one that does, and so on. */
function isReached(from: string, to: string): boolean {
  const reached = new Set<string>()
  const ahead = [from]
  for (let file = ahead.pop(); file !== undefined; file = ahead.pop()) {
    const near = importsOf(sources[file] ?? '').filter((specifier) => specifier.startsWith('.'))
    for (const next of near.map((specifier) => targetOf(file, specifier))) {
      if (next === to) return true
      if (!reached.has(next)) ahead.push(next)
      reached.add(next)
    }
  }
  return false
}

function isOf(packageName: string, specifier: string): boolean {
  return specifier === packageName || specifier.startsWith(`${packageName}/`)
}

/** The folder that a file belongs to, or the file itself where it stands alone. */
function partOf(file: string): string {
  return file.slice(0, file.indexOf('/') + 1) || file
}

function importsOf(source: string): string[] {
  const code = withoutComments(source)
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"\n]+)['"]/g)].flatMap(
    ([, specifier]) => specifier ?? [],
  )
}

function filesWhose(code: RegExp): string[] {
  return Object.keys(sources).filter((file) => code.test(withoutProse(sources[file] ?? '')))
}

const comment = /\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g

function withoutComments(source: string): string {
  return source.replace(comment, '')
}

/** Without comments, and without texts, in which a variable is named for the reader. An import keeps its own. */
function withoutProse(source: string): string {
  return withoutComments(source).replace(/(['"])(?!cloudflare:)[^'"\n]* [^'"\n]*\1/g, "''")
}

/** Every variable that the generated types list as a text. */
function variables(): string[] {
  const [generated = ''] = Object.values(
    import.meta.glob<string>('../src/env.d.ts', { query: '?raw', import: 'default', eager: true }),
  )
  return [...generated.matchAll(/^\t([A-Z_]+): string;$/gm)].flatMap(([, name]) => name ?? [])
}

function readSources(): Record<string, string> {
  const globbed = import.meta.glob<string>(['../src/**/*.ts', '!../src/env.d.ts'], {
    query: '?raw',
    import: 'default',
    eager: true,
  })
  return Object.fromEntries(
    Object.entries(globbed).map(([path, source]) => [path.replace('../src/', ''), source]),
  )
}
