/** Bundles the published package into dist/. It has no dependency: what its entries use is in them. */
import { defineConfig } from 'rolldown'
import { addLicenses } from './licenses.ts'

const dir = 'dist'
const plugins = [addLicenses]
/** Names and lines stay: Node prints the whole line of an uncaught error, and its stack trace can be read. */
const minify = { compress: true, mangle: false, codegen: false }

export default defineConfig([
  {
    input: { client: 'src/sdk/client/index.ts', 'ai-sdk': 'src/sdk/ai-sdk/index.ts' },
    platform: 'neutral',
    plugins,
    output: { dir, cleanDir: true, minify },
  },
  { input: { cli: 'src/sdk/cli/main.ts' }, platform: 'node', plugins, output: { dir, minify: true } },
])
