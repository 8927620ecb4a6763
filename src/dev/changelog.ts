/**
 * The entries of the changelog for the next release. Each change adds a file to `.changeset/`, in the format of Changesets: how
 * far it raises the version, then its part of the changelog. So changes made at the same time do not conflict.
 */

export interface Changeset {
  bump: Bump
  /** The items of each heading. */
  sections: [heading: Heading, items: string][]
}

const bumps = ['patch', 'minor', 'major'] as const

type Bump = (typeof bumps)[number]

/** In the order of Keep a Changelog. */
const headings = ['Added', 'Changed', 'Deprecated', 'Removed', 'Renamed', 'Fixed', 'Security'] as const

type Heading = (typeof headings)[number]

/** Throws if the file has another form. */
export function parseChangeset(name: string, text: string): Changeset {
  const [, bumpName, body] = /^---\n'reelhook': (\w+)\n---\n\n(.*)$/s.exec(text) ?? []
  const bump = bumps.find((one) => one === bumpName)
  if (bump === undefined || body === undefined) {
    throw new Error(
      `${name} must begin with the lines ---, 'reelhook': ${bumps.join('|')}, --- and an empty line.`,
    )
  }
  const [before, ...parts] = body.split(/^### /m)
  if (before?.trim() !== '' || parts.length === 0)
    throw new Error(`${name} must have its text below a heading ###.`)
  return { bump, sections: parts.map((part) => parseSection(name, part)) }
}

function parseSection(name: string, part: string): Changeset['sections'][number] {
  const [title = '', ...lines] = part.split('\n')
  const heading = headings.find((one) => one === title)
  const items = lines.join('\n').trim()
  if (heading === undefined) throw new Error(`${name}: "${title}" is none of ${headings.join(', ')}.`)
  if (!items.startsWith('- ')) throw new Error(`${name}: "${title}" must be followed by a list.`)
  return [heading, items]
}

export function nextVersion(version: string, changesets: readonly Changeset[]): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const raises = (bump: Bump) => changesets.some((one) => one.bump === bump)
  if (raises('major')) return `${major + 1}.0.0`
  return raises('minor') ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`
}

/** The changelog with the new release above the others. */
export function addRelease(changelog: string, title: string, changesets: readonly Changeset[]): string {
  const all = changesets.flatMap(({ sections }) => sections)
  const sections = headings.flatMap((heading) => {
    const items = all.flatMap(([one, text]) => (one === heading ? [text] : []))
    return items.length === 0 ? [] : [`### ${heading}\n\n${items.join('\n')}\n`]
  })
  const first = changelog.search(/^## /m)
  const at = first === -1 ? changelog.length : first
  return `${changelog.slice(0, at)}## ${title}\n\n${sections.join('\n')}\n${changelog.slice(at)}`
}
