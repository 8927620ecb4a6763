/**
 * Generates the code of the typed client (src/sdk/client/generated/) from the description of the API. With `--check` it changes
 * nothing, and fails if the code there is not the current one.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

const folder = 'src/sdk/client/generated'
const fresh = '.wrangler/generated-client'

rmSync(fresh, { recursive: true, force: true })
mkdirSync(fresh, { recursive: true })
const options = ['--output-mode', 'split', '--runtime', 'module', '--import-ext', 'ts']
const { status } = spawnSync(
  'redocly',
  ['generate-client', '.wrangler/openapi.json', '--output', `${fresh}/api.ts`, ...options],
  {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  },
)
if (status !== 0) throw new Error('The client could not be generated.')
removeSharedClient()
if (!process.argv.includes('--check')) {
  rmSync(folder, { recursive: true, force: true })
  cpSync(fresh, folder, { recursive: true })
} else if (JSON.stringify(filesIn(fresh)) !== JSON.stringify(filesIn(folder))) {
  throw new Error(`${folder} is not that of the current API. Run "npm run generate:client".`)
}

/**
 * The generator also makes one client that all importers share. It would be in each bundle, because making it is a side effect,
 * and its types are longer than all others together.
 */
function removeSharedClient(): void {
  const path = `${fresh}/api.ts`
  const code = readFileSync(path, 'utf8')
  const end = code.indexOf('\nexport const client = createClient')
  if (end === -1) throw new Error(`${path} has no shared client.`)
  writeFileSync(path, code.slice(0, end).replace(/^import \{ createClient \}.*\n/m, ''))
}

function filesIn(path: string): [string, string][] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }): [string, string] => [
      `${parentPath}/${name}`.slice(path.length),
      readFileSync(`${parentPath}/${name}`, 'utf8'),
    ])
    .sort()
}
