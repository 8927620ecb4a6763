/**
 * npm run release:keep: keeps what the tests of upgrades need of the release that is checked out: the deployable bundle, its
 * wrangler.toml and its migrations. Only the newest release is kept.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, constants } from 'node:zlib'
import { bundleWorker } from '../../src/dev/local/bundle.ts'
import { oldMigrationsFolder, releasedFolder } from './released.ts'

const root = new URL('../../', import.meta.url).pathname
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
const { script } = await bundleWorker(`${root}.wrangler/release`, `${root}src/index.ts`)
const folder = `${releasedFolder}/${version}`

rmSync(releasedFolder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const compression = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }
writeFileSync(`${folder}/worker.js.br`, brotliCompressSync(withoutSourceMap(script), compression))
writeFileSync(`${folder}/wrangler.toml`, readFileSync(`${root}wrangler.toml`))
const migrations = readdirSync(`${root}src/store/migrations`).filter((name) => name.endsWith('.sql'))
for (const name of migrations) {
  writeFileSync(`${oldMigrationsFolder}/${name}`, readFileSync(`${root}src/store/migrations/${name}`))
}
console.log(`Kept ${version}: ${folder}, and ${migrations.length} migrations in ${oldMigrationsFolder}`)

function withoutSourceMap(code: string): string {
  return code.replace(/\/\/# sourceMappingURL=.*\n?$/, '')
}
