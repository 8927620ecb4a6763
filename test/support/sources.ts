/** The product's source files as text, for the tests that hold rules about them. */

/** By path inside `src`. */
export const sources: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(
    import.meta.glob<string>(
      ['../../src/**/*.{ts,tsx}', '!../../src/env.d.ts', '!../../src/sdk/client/generated/**'],
      { query: '?raw', import: 'default', eager: true },
    ),
  ).map(([path, source]) => [path.replace('../../src/', ''), source]),
)

/** The files whose code matches. Comments and texts do not count. */
export function filesWith(code: RegExp): string[] {
  return Object.keys(sources).filter((file) => code.test(withoutProse(sources[file] ?? '')))
}

/** The import specifiers of a source, as written. */
export function importsOf(source: string): string[] {
  const imports = withoutComments(source).matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"\n]+)['"]/g)
  return [...imports].flatMap(([, specifier]) => specifier ?? [])
}

/** Without comments and without texts for a reader, which may name a variable. Import specifiers stay. */
export function withoutProse(source: string): string {
  return withoutComments(source).replace(/(['"])(?!cloudflare:)[^'"\n]* [^'"\n]*\1/g, "''")
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, '')
}
