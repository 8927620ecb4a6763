/** The deployed bundle: as wrangler builds it, and small. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { bundleWorker } from '../../../src/dev/local/bundle.ts'
import * as bundledZod from '../../../src/zod.ts'

// Each isolate compiles the bundle when it starts. The platform allows far more. The pages for people are 50 KB of it, and
// are evaluated only at the first request for one of them. The same holds for MCP, whose package is 50 KB of it. Metrics,
// alerts, exports and the built-in provider are 16 KB, and each provider is about 4 KB. No package is in it twice, and each
// of the other parts is used.
const maxGzippedBytes = 490_000

const src = new URL('../../../src/', import.meta.url).pathname
const folder = mkdtempSync(`${tmpdir()}/reelhook-bundle-`)
let script: string

beforeAll(async () => {
  const { script: bundled } = await bundleWorker(folder, `${src}index.ts`)
  script = bundled
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the deployed bundle', () => {
  it(`takes at most ${maxGzippedBytes / 1_000} KB, gzipped`, () => {
    expect(gzipSync(script).length).toBeLessThanOrEqual(maxGzippedBytes)
  })

  it('has the English messages of Zod', () => {
    expect(script).toContain('Invalid input: expected ')
  })

  it('has our own words for them', () => {
    expect(script).toContain('has none of the allowed forms')
  })

  // The other tests run with all of Zod, so they would not notice a missing name.
  it('has every name of Zod that the Worker uses', () => {
    expect(namesUsed().filter((name) => name in z && !(name in bundledZod))).toEqual([])
  })
})

/** The names after `z.` in the Worker's code. Those before a `<` or after `core.` are types. */
function namesUsed(): string[] {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !/^dev\/(deploy|local|simulator)\//.test(path),
  )
  const code = files.map((path) => readFileSync(src + path, 'utf8')).join('\n')
  return [...new Set([...code.matchAll(/\bz\.(?!core\.\$)(\w+)\b(?!<)/g)].map(([, name = '']) => name))]
}
