/** Which changes replace the Worker of `npm start`, and when. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { inTurn } from '../../../src/dev/local/reload/in-turn.ts'
import { watchFiles } from '../../../src/dev/local/reload/watch.ts'
import { type Change, changeOf } from '../../../src/dev/local/reload/watched.ts'

describe('a change of a file', () => {
  it.each([
    ['src/api/app.ts', 'code'],
    ['src/dashboard/public/style.css', 'code'],
    ['src/dev/runtime/entry.ts', 'code'],
    ['.dev.vars', 'settings'],
    ['src/store/migrations/0002_more.sql', 'restart'],
    ['src/dev/local/start.ts', 'restart'],
    ['src/dev/simulator/media.ts', 'restart'],
    ['wrangler.toml', 'restart'],
    ['src/sdk/client/index.ts', null],
    ['src/dev/deploy/deploy.ts', null],
    ['src/README.md', null],
    ['src/api/.app.ts.swp', null],
    ['src/api/app.ts~', null],
    ['src/api/4913', null],
    ['README.md', null],
    ['.env.production', null],
  ])('in %s means: %s', (path, change) => {
    expect(changeOf(path)).toBe(change)
  })
})

describe('changes', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('that come together are handled once', async () => {
    const handled: string[][] = []
    const add = inTurn<string>(200, async (changes) => void handled.push([...changes]))
    add('code')
    await vi.advanceTimersByTimeAsync(150)
    add('code')
    add('settings')
    await vi.advanceTimersByTimeAsync(150)
    expect(handled).toEqual([])
    await vi.advanceTimersByTimeAsync(50)
    expect(handled).toEqual([['code', 'settings']])
  })

  it('that come while others are handled wait for their turn', async () => {
    const log: string[] = []
    const add = inTurn<string>(200, async ([change]) => {
      log.push(`${change} begins`)
      await new Promise((resolve) => setTimeout(resolve, 5_000))
      log.push(`${change} ends`)
    })
    add('first')
    await vi.advanceTimersByTimeAsync(1_000)
    add('second')
    await vi.advanceTimersByTimeAsync(20_000)
    expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends'])
  })
})

describe('the watch', () => {
  const root = mkdtempSync(`${tmpdir()}/reelhook-watch-`)
  const file = `${root}/src/api/app.ts`
  mkdirSync(`${root}/src/api`, { recursive: true })
  writeFileSync(file, '1')
  const seen: Change[] = []
  const unwatch = watchFiles(root, (change) => seen.push(change))
  afterEach(() => void seen.splice(0))

  it.each([
    ['written', () => writeFileSync(file, '2')],
    [
      'replaced, as editors do',
      () => {
        writeFileSync(`${file}~`, '3')
        renameSync(`${file}~`, file)
      },
    ],
    ['written after it was replaced', () => writeFileSync(file, '4')],
    ['a new folder', () => mkdirSync(`${root}/src/new`)],
    ['made in the new folder', () => writeFileSync(`${root}/src/new/file.ts`, '5')],
  ])('sees a file that is %s', async (_, act) => {
    act()
    await expect.poll(() => seen).toContain('code')
  })

  it('sees .dev.vars appear and go', async () => {
    writeFileSync(`${root}/.dev.vars`, '')
    await expect.poll(() => seen).toContain('settings')
    seen.splice(0)
    rmSync(`${root}/.dev.vars`)
    await expect.poll(() => seen).toContain('settings')
    unwatch()
    rmSync(root, { recursive: true })
  })
})
