import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { conditions } from '../../src/alerts/conditions/all.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url).pathname, 'utf8')

const runbook = read('src/runbook.md')
const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)

/** The row of an alert in the table at the top. */
const rowOf = (name: string) =>
  runbook.split('\n').find((line) => line.startsWith('|') && new RegExp(`\`${name}[:\`]`).test(line))

describe('the runbook', () => {
  it.each([
    'A provider is down',
    'Webhooks are lost',
    'D1 is slow',
    'D1 is nearly full',
    'A queue is behind',
    'Dead letters',
    'A callback host is dead',
    'A key is leaked',
    'Restore the database',
    'Upgrade and roll back',
    'Move to another account',
    'A budget is nearly spent',
    'Jobs are stuck',
  ])('has the section "%s"', (heading) => {
    expect(headings).toContain(heading)
  })

  it.each(conditions.map(({ name, runbook: section }) => [name, section] as const))(
    'leads from the alert %s to its section, %s',
    (name, section) => {
      const anchor = section?.toLowerCase().replaceAll(' ', '-')
      if (section !== null) expect(headings).toContain(section)
      expect(rowOf(name)).toContain(section === null ? 'none' : `[${section}](#${anchor})`)
    },
  )

  it('links only to headings that it has', () => {
    const anchors = [...runbook.matchAll(/^##+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    )
    const links = [...runbook.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor)
    expect(links.filter((link) => !anchors.includes(link ?? ''))).toEqual([])
  })
})

describe('a command of wrangler for D1', () => {
  // With the placeholder in wrangler.toml, wrangler looks for a database with that id if a command has the name or the binding.
  it.each(['README.md', 'src/README.md', 'src/runbook.md', '.github/CONTRIBUTING.md'])(
    'names the database by its id in %s',
    (path) => {
      const commands = read(path).matchAll(
        /wrangler d1 (?:time-travel \w+|export|execute|info|insights)\s+(\S+)/g,
      )
      expect([...commands].filter(([, database]) => !/^<(?:new|database|id)\b/.test(database ?? ''))).toEqual(
        [],
      )
    },
  )
})
