/** The process of a local Worker, as `npm start` runs it. It prints the Worker's URL when it is ready. */
import { readFileSync } from 'node:fs'
import { startBundle } from '../../../src/dev/local/worker.ts'

const settings = JSON.parse(process.argv[2] ?? '')
const bundle = JSON.parse(readFileSync(`${settings.folder}/bundle.json`, 'utf8'))
const { url } = await startBundle(bundle, { ...settings, onLog: () => undefined })
console.log(url)
