/** The house rules of the imports: what each part may know of the others, read from the sources themselves. */
import { describe, expect, it } from 'vitest'

/**
 * What the files directly in a folder may import, beside each other: folders of `src` with everything inside, single
 * files, and packages. A part of `engine/` names each other part of `engine/` that it uses.
 */
const arrows: Record<string, string[]> = {
  'api/': [
    'api/api-keys/',
    'api/assets/',
    'api/deliveries/',
    'api/endpoints/',
    'api/jobs/',
    'api/system/',
    'core/',
    'store/',
    'context.ts',
    'log.ts',
    'rate-limit.ts',
    '@hono/zod-openapi',
    'hono',
  ],
  'api/api-keys/': ['api/', 'core/', 'deliveries/', 'store/', '@hono/zod-openapi', 'hono'],
  'api/assets/': ['api/', 'api/files/', 'assets/', 'core/', 'media/', 'store/', '@hono/zod-openapi', 'hono'],
  'api/deliveries/': [
    'api/',
    'core/',
    'deliveries/',
    'store/',
    'context.ts',
    'rate-limit.ts',
    '@hono/zod-openapi',
  ],
  'api/endpoints/': ['api/', 'core/', 'deliveries/', 'store/', 'context.ts', '@hono/zod-openapi', 'hono'],
  'api/files/': ['api/', 'core/', 'media/', '@hono/zod-openapi', 'hono'],
  'api/jobs/': [
    'api/',
    'api/files/',
    'assets/',
    'core/',
    'deliveries/',
    'engine/settle/cancel.ts',
    'engine/upkeep/erase.ts',
    'media/',
    'providers/',
    'store/',
    'config.ts',
    'context.ts',
    '@hono/zod-openapi',
    'hono',
  ],
  'api/system/': [
    'api/',
    'api/api-keys/',
    'api/assets/',
    'api/deliveries/',
    'api/endpoints/',
    'api/jobs/',
    'core/',
    'deliveries/',
    'providers/',
    'store/',
    'context.ts',
    'log.ts',
    '@hono/zod-openapi',
    'hono',
  ],
  'assets/': ['core/', 'media/', 'store/', 'context.ts'],
  'core/': ['core/http/', 'core/request/', 'typeid-js', 'zod'],
  'core/crypto/': ['core/'],
  'core/http/': ['zod'],
  'core/request/': ['core/', 'core/http/', 'core/url/', 'zod'],
  'core/url/': ['core/request/', 'ipaddr.js', 'tlds', 'zod'],
  'deliveries/': ['core/', 'store/', 'context.ts', 'log.ts', 'standardwebhooks'],
  'deliveries/receiver-test/': ['core/', 'deliveries/'],
  'dev/': ['api/', 'node:'],
  'dev/local/': [
    'core/',
    'dev/simulator/',
    'config.ts',
    'miniflare',
    'node:',
    'standardwebhooks',
    'wrangler',
    'zod',
  ],
  'dev/simulator/': [
    'dev/simulator/aimlapi/',
    'dev/simulator/crun/',
    'dev/simulator/runware/',
    'dev/simulator/scenario/',
    '@hono/node-server',
    'hono',
    'node:',
    'zod',
  ],
  'dev/simulator/aimlapi/': ['dev/simulator/', 'hono', 'zod'],
  'dev/simulator/crun/': ['dev/simulator/', 'hono', 'zod'],
  'dev/simulator/runware/': ['dev/simulator/', 'hono', 'zod'],
  'dev/simulator/scenario/': ['dev/simulator/', 'hono', 'zod'],
  'engine/': [
    'core/',
    'engine/poll/',
    'engine/save/',
    'engine/settle/',
    'engine/submit/',
    'media/',
    'store/',
    'context.ts',
    'log.ts',
  ],
  'engine/poll/': ['core/', 'engine/settle/', 'providers/', 'store/', 'context.ts'],
  'engine/save/': ['core/', 'engine/', 'engine/poll/', 'engine/settle/', 'media/', 'store/', 'context.ts'],
  'engine/settle/': ['core/', 'media/', 'store/', 'context.ts'],
  'engine/submit/': [
    'assets/',
    'core/',
    'engine/',
    'engine/poll/',
    'engine/settle/',
    'provider-uploads/token.ts',
    'providers/',
    'store/',
    'webhooks/token.ts',
    'context.ts',
  ],
  'engine/upkeep/': ['core/', 'media/', 'store/', 'context.ts', 'log.ts', 'queue.ts'],
  'media/': ['core/', 'media/metadata/', 'media/sniff/', 'store/'],
  'media/form/': ['core/', 'media/', 'multipasta'],
  'media/metadata/': ['core/', 'media/sniff/', 'log.ts', 'mediabunny'],
  'media/sniff/': ['core/', 'media/metadata/'],
  'provider-uploads/': ['core/', 'media/', 'store/', 'context.ts', 'log.ts', 'rate-limit.ts', 'hono'],
  'providers/': [
    'core/',
    'providers/aimlapi/',
    'providers/crun/',
    'providers/runware/',
    'providers/scenario/',
    'zod',
  ],
  'providers/aimlapi/': ['core/', 'providers/', 'zod'],
  'providers/crun/': ['core/', 'providers/', 'zod'],
  'providers/runware/': ['core/', 'providers/', 'zod'],
  'providers/scenario/': ['core/', 'providers/', 'zod'],
  'store/': ['core/', 'drizzle-orm'],
  'store/deliveries/': ['core/', 'store/', 'drizzle-orm', 'zod'],
  'store/jobs/': ['core/', 'store/', 'store/deliveries/', 'drizzle-orm', 'zod'],
  'store/reports/': ['core/', 'store/', 'store/deliveries/', 'drizzle-orm', 'zod'],
  'url-guard/': ['core/', 'log.ts', 'zod'],
  'webhooks/': ['core/', 'store/', 'context.ts', 'log.ts', 'rate-limit.ts', 'hono'],
  'config.ts': ['core/', 'providers/', 'zod'],
  'context.ts': [
    'core/',
    'providers/',
    'store/',
    'url-guard/',
    'config.ts',
    'log.ts',
    'package.json',
    'queue.ts',
  ],
  'log.ts': [],
  'index.ts': ['context.ts', 'worker.ts'],
  'queue.ts': ['core/', 'log.ts', 'zod'],
  'rate-limit.ts': ['log.ts'],
  'worker.ts': [
    'api/',
    'deliveries/',
    'engine/',
    'provider-uploads/',
    'webhooks/',
    'config.ts',
    'context.ts',
    'log.ts',
    'queue.ts',
    'hono',
  ],
}

const sources = readSources()

describe('the arrows', () => {
  it.each(Object.keys(sources))('hold for %s', (file) => {
    expect(forbiddenImports(file, sources[file] ?? '')).toEqual([])
  })

  it('are given to every folder, and to nothing that is not there', () => {
    const parts = new Set(Object.keys(sources).map(partOf))
    expect([...parts].sort()).toEqual(Object.keys(arrows).sort())
  })

  it.each(Object.keys(arrows))('grant %s nothing that it does not use', (part) => {
    expect(unusedPermissions(part)).toEqual([])
  })

  it('lead in no circle, types among them', () => {
    expect(Object.keys(sources).filter((file) => isReached(file, file))).toEqual([])
  })

  it('are followed over many files', () => {
    expect(isReached('index.ts', 'core/id.ts')).toBe(true)
    expect(isReached('core/id.ts', 'index.ts')).toBe(false)
  })

  it.each([
    [
      'core/job.ts',
      "import { z } from 'zod'\nimport { x } from '../store/jobs/jobs.ts'",
      '../store/jobs/jobs.ts',
    ],
    ['core/job.ts', "import {\n  type A,\n  b,\n} from 'hono'", 'hono'],
    ['core/job.ts', "export * from '../engine/advance.ts'", '../engine/advance.ts'],
    ['core/job.ts', "import 'node:fs'", 'node:fs'],
    ['core/job.ts', "const { x } = await import('../context.ts')", '../context.ts'],
    ['core/job.ts', "import type { X } from 'zodiac'", 'zodiac'],
    ['engine/submit/submit.ts', "import { x } from '../../webhooks/receive.ts'", '../../webhooks/receive.ts'],
    ['engine/poll/poll.ts', "import { x } from '../submit/submit.ts'", '../submit/submit.ts'],
    ['store/deliveries/log.ts', "import { x } from '../jobs/jobs.ts'", '../jobs/jobs.ts'],
    ['api/jobs/jobs.ts', "import { x } from '../../engine/advance.ts'", '../../engine/advance.ts'],
    ['api/jobs/jobs.ts', "import { x } from 'drizzle-orm/d1'", 'drizzle-orm/d1'],
    ['dev/simulator/task.ts', "import { x } from '../../core/job.ts'", '../../core/job.ts'],
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
    expect(filesWhose(read).filter((file) => !/^dev\//.test(file))).toEqual(['config.ts'])
  })

  it('is named by the rim alone', () => {
    const rim = ['context.ts', 'index.ts', 'worker.ts']
    expect(filesWhose(/\bEnv\b/).filter((file) => !rim.includes(file))).toEqual([])
  })
})

describe('the network', () => {
  it('is called behind the guard, or where the settings say', () => {
    const callers = filesWhose(/\bfetch\(/).filter((file) => !/^dev\//.test(file))
    const unguarded = callers.filter((file) => !/\bguard\(/.test(withoutProse(sources[file] ?? '')))
    expect(callers).toContain('deliveries/attempt.ts')
    expect(unguarded).toEqual(['context.ts', 'providers/http.ts', 'url-guard/dns.ts'])
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
    return allowed.some((name) => isPackage(name, specifier))
  }
  const target = targetOf(file, specifier)
  return partOf(target) === part || allowed.some((name) => covers(name, part, target))
}

/** A permission for a parent folder is for its own files: the folders beside a part are named one by one. */
function covers(name: string, part: string, target: string): boolean {
  if (!name.endsWith('/')) return target === name
  return part.startsWith(name) ? partOf(target) === name : target.startsWith(name)
}

function unusedPermissions(part: string): string[] {
  const imports = Object.entries(sources)
    .filter(([file]) => partOf(file) === part)
    .flatMap(([file, source]) => importsOf(source).map((specifier) => [file, specifier] as const))
  return (arrows[part] ?? []).filter(
    (name) =>
      !imports.some(([file, specifier]) => {
        if (!specifier.startsWith('.')) return isPackage(name, specifier)
        const target = targetOf(file, specifier)
        return partOf(target) !== part && covers(name, part, target)
      }),
  )
}

function isPackage(name: string, specifier: string): boolean {
  return name.endsWith(':') ? specifier.startsWith(name) : isOf(name, specifier)
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

/** The folder that a file is in, or the file itself where it is at the root. */
function partOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/') + 1) || file
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
