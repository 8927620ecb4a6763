/** The import rules of `arrows.txt`, checked against every source file. */
import { describe, expect, it } from 'vitest'
import table from './arrows.txt?raw'
import { importsOf, sources } from './support/sources.ts'

/** The permissions of each part of `src`: a folder's own files, or one file of `src` itself. */
const arrows: Readonly<Record<string, string[]>> = readTable()

describe('the import rules', () => {
  it.each(Object.keys(sources))('hold for %s', (file) => {
    expect(forbiddenImports(file, sources[file] ?? '')).toEqual([])
  })

  it('exist for every folder and for no other', () => {
    const parts = new Set(Object.keys(sources).map(partOf))
    expect([...parts].sort()).toEqual(Object.keys(arrows).sort())
  })

  it.each(Object.keys(arrows))('grant %s no import that it does not use', (part) => {
    expect(unusedPermissions(part)).toEqual([])
  })

  it('leave no import circle, not even of types', () => {
    expect(Object.keys(sources).filter((file) => reaches(file, file))).toEqual([])
  })

  it('follow imports through other files', () => {
    expect(reaches('index.ts', 'core/id.ts')).toBe(true)
    expect(reaches('core/id.ts', 'index.ts')).toBe(false)
  })

  it.each([
    {
      file: 'core/event.ts',
      source: "import { z } from 'zod'\nimport { x } from '../store/jobs/jobs.ts'",
      forbidden: '../store/jobs/jobs.ts',
    },
    { file: 'core/event.ts', source: "import {\n  type A,\n  b,\n} from 'hono'", forbidden: 'hono' },
    {
      file: 'core/event.ts',
      source: "export * from '../engine/advance.ts'",
      forbidden: '../engine/advance.ts',
    },
    { file: 'core/event.ts', source: "import 'node:fs'", forbidden: 'node:fs' },
    {
      file: 'core/event.ts',
      source: "const { x } = await import('../context.ts')",
      forbidden: '../context.ts',
    },
    { file: 'core/event.ts', source: "import type { X } from 'zodiac'", forbidden: 'zodiac' },
    {
      file: 'engine/submit/submit.ts',
      source: "import { x } from '../../webhooks/receive.ts'",
      forbidden: '../../webhooks/receive.ts',
    },
    {
      file: 'engine/poll/poll.ts',
      source: "import { x } from '../submit/submit.ts'",
      forbidden: '../submit/submit.ts',
    },
    {
      file: 'store/deliveries/log.ts',
      source: "import { x } from '../jobs/jobs.ts'",
      forbidden: '../jobs/jobs.ts',
    },
    {
      file: 'api/jobs/jobs.ts',
      source: "import { x } from '../../engine/advance.ts'",
      forbidden: '../../engine/advance.ts',
    },
    {
      file: 'api/jobs/jobs.ts',
      source: "import { x } from 'drizzle-orm/d1'",
      forbidden: 'drizzle-orm/d1',
    },
    {
      file: 'dev/simulator/task.ts',
      source: "import { x } from '../../core/event.ts'",
      forbidden: '../../core/event.ts',
    },
    { file: 'attic/old.ts', source: "import { z } from 'zod'", forbidden: 'zod' },
  ])('forbid $file to write $source', ({ file, source, forbidden }) => {
    expect(forbiddenImports(file, source)).toEqual([`${file} must not import ${forbidden}`])
  })

  it('ignore imports in comments', () => {
    const source =
      "// import { x } from '../store/jobs.ts'\n/* from '../engine/submit.ts' */\nexport const a = 1"
    expect(forbiddenImports('core/event.ts', source)).toEqual([])
  })
})

function readTable(): Record<string, string[]> {
  const lines = table.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map((line) => {
      const [, part = '', names = ''] = /^([^:]+):(.*)$/.exec(line) ?? []
      return [part, names.split(' ').filter((name) => name !== '')]
    }),
  )
}

function forbiddenImports(file: string, source: string): string[] {
  return importsOf(source)
    .filter((specifier) => !mayImport(file, specifier))
    .map((specifier) => `${file} must not import ${specifier}`)
}

function mayImport(file: string, specifier: string): boolean {
  const part = partOf(file)
  const isInside = isRelative(specifier) && partOf(targetOf(file, specifier)) === part
  return isInside || (arrows[part] ?? []).some((name) => covers(name, file, specifier))
}

function unusedPermissions(part: string): string[] {
  const files = Object.keys(sources).filter((file) => partOf(file) === part)
  const isUsed = (name: string) =>
    files.some((file) => importsOf(sources[file] ?? '').some((specifier) => covers(name, file, specifier)))
  return (arrows[part] ?? []).filter((name) => !isUsed(name))
}

/** Whether the permission `name` covers an import from another part. A parent folder means its own files only. */
function covers(name: string, file: string, specifier: string): boolean {
  if (!isRelative(specifier)) return isPackage(name, specifier)
  const part = partOf(file)
  const target = targetOf(file, specifier)
  if (partOf(target) === part) return false
  if (!name.endsWith('/')) return target === name
  return part.startsWith(name) ? partOf(target) === name : target.startsWith(name)
}

function isPackage(name: string, specifier: string): boolean {
  if (name.endsWith(':')) return specifier.startsWith(name)
  return specifier === name || specifier.startsWith(`${name}/`)
}

/** Whether `from` imports `to`, directly or through other files. */
function reaches(from: string, to: string): boolean {
  const visited = new Set<string>()
  const queue = [from]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    for (const specifier of importsOf(sources[file] ?? '').filter(isRelative)) {
      const next = targetOf(file, specifier)
      if (next === to) return true
      if (!visited.has(next)) queue.push(next)
      visited.add(next)
    }
  }
  return false
}

/** The folder of a file, or the file itself if it is directly in `src`. */
function partOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/') + 1) || file
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith('.')
}

function targetOf(file: string, specifier: string): string {
  return new URL(specifier, `file:///${file}`).pathname.slice(1)
}
