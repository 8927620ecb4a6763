/** Installs Debian's Chromium if it is missing, for the tests in this folder. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chromiumPath } from './chromium.ts'

const isPresent = existsSync(chromiumPath) || install()
if (!isPresent) {
  console.error(`
The browser tests need Debian's Chromium at ${chromiumPath}, and it could not be installed.
On Debian, as root: apt-get update && apt-get install -y chromium
npm test runs all other tests.`)
  process.exitCode = 1
}

/** Elsewhere a package of this name is missing or is only a stub of another installer. */
function install(): boolean {
  const isDebian =
    existsSync('/etc/debian_version') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
  if (!isDebian || process.getuid?.() !== 0) return false
  console.log("Installing Debian's Chromium …")
  return aptGet('update') && aptGet('install', '-y', '--no-install-recommends', 'chromium')
}

function aptGet(...words: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync('/usr/bin/apt-get', ['-qq', ...words], { stdio: 'inherit', env }).status === 0
}
