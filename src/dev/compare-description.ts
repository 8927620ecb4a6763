/**
 * Compares the description of the API with that of the last release, which `npm run generate:released` stores at a release.
 * Fails if something was removed or narrowed: an operation, a field of a response, a value of a request; or if a request
 * field became required.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const released = 'src/dev/released-openapi.json'
const current = '.wrangler/openapi.json'

if (existsSync(released)) {
  const { status } = spawnSync('redocly', ['diff', released, current], { stdio: 'inherit' })
  process.exitCode = status ?? 1
} else {
  console.log(`There is no ${released} to compare with. A release stores it: npm run generate:released.`)
}
