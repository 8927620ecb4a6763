/** npm run release: raises the version by the files in `.changeset/`, and moves their text to CHANGELOG.md. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { addRelease, nextVersion, parseChangeset } from './changelog.ts'

const folder = '.changeset'
const names = readdirSync(folder).filter((name) => name.endsWith('.md'))

if (names.length === 0) {
  console.error(`Nothing to release: ${folder} has no changes.`)
  process.exitCode = 1
} else {
  const changesets = names.map((name) => parseChangeset(name, readFileSync(`${folder}/${name}`, 'utf8')))
  const { version: before } = JSON.parse(readFileSync('package.json', 'utf8'))
  const version = nextVersion(before, changesets)
  const title = `${version} – ${new Date().toISOString().slice(0, 10)}`
  writeFileSync('CHANGELOG.md', addRelease(readFileSync('CHANGELOG.md', 'utf8'), title, changesets))
  raise('package.json', before, version)
  raise('package-lock.json', before, version)
  for (const name of names) rmSync(`${folder}/${name}`)
  console.log(`${before} → ${version}. Next: .github/CONTRIBUTING.md, "Release".`)
}

/** In the lockfile, the version of this package is given twice, directly below its name. */
function raise(file: string, before: string, version: string): void {
  const text = readFileSync(file, 'utf8')
  const pattern = new RegExp(`("name": "reelhook",\\s+"version": )"${before.replaceAll('.', '\\.')}"`, 'g')
  writeFileSync(file, text.replace(pattern, `$1"${version}"`))
}
