import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { addRelease, nextVersion, parseChangeset } from '../../src/dev/changelog.ts'

const folder = new URL('../../.changeset/', import.meta.url).pathname
const files = readdirSync(folder).filter((name) => name.endsWith('.md'))
const changelog = readFileSync(new URL('../../CHANGELOG.md', import.meta.url).pathname, 'utf8')

const aChangeset = (bump: string, heading: string, items: string) =>
  parseChangeset('a-change.md', `---\n'reelhook': ${bump}\n---\n\n### ${heading}\n\n${items}\n`)

describe('the changes of the next release', () => {
  it('have the form that the release needs', () => {
    for (const name of files) {
      expect(() => parseChangeset(name, readFileSync(folder + name, 'utf8'))).not.toThrow()
    }
  })

  it('are in .changeset, not in the changelog', () => {
    expect(changelog).not.toContain('## Unreleased')
  })
})

describe('a change', () => {
  it.each([
    ['no front matter', '### Added\n\n- A boat.\n'],
    ['an unknown bump', "---\n'reelhook': large\n---\n\n### Added\n\n- A boat.\n"],
    ['another package', "---\n'boats': minor\n---\n\n### Added\n\n- A boat.\n"],
    ['no heading', "---\n'reelhook': minor\n---\n\n- A boat.\n"],
    ['an unknown heading', "---\n'reelhook': minor\n---\n\n### Boats\n\n- A boat.\n"],
    ['no list', "---\n'reelhook': minor\n---\n\n### Added\n\nA boat.\n"],
  ])('is refused with %s', (_, text) => {
    expect(() => parseChangeset('a-change.md', text)).toThrow('a-change.md')
  })
})

describe('a release', () => {
  it('raises the version as far as the largest of its changes', () => {
    const [patch, minor, major] = ['patch', 'minor', 'major'].map((bump) =>
      aChangeset(bump, 'Added', '- A boat.'),
    )
    if (!(patch && minor && major)) throw new Error('there are three')
    expect(nextVersion('0.1.2', [patch])).toBe('0.1.3')
    expect(nextVersion('0.1.2', [patch, minor])).toBe('0.2.0')
    expect(nextVersion('0.1.2', [major, minor])).toBe('1.0.0')
  })

  it('gathers the items of each heading, above the earlier releases', () => {
    const changesets = [
      aChangeset('minor', 'Fixed', '- A leak.'),
      aChangeset('minor', 'Added', '- A boat.'),
      aChangeset('patch', 'Fixed', '- Another leak,\n  below the first.'),
    ]
    expect(
      addRelease('# Changelog\n\n## 0.1.0 – 2026-11-29\n\n- First.\n', '0.2.0 – 2026-12-24', changesets),
    ).toBe(
      [
        '# Changelog\n\n## 0.2.0 – 2026-12-24\n',
        '### Added\n\n- A boat.\n',
        '### Fixed\n\n- A leak.\n- Another leak,\n  below the first.\n',
        '## 0.1.0 – 2026-11-29\n\n- First.\n',
      ].join('\n'),
    )
  })
})
