/** Writes the description of the API to .wrangler/openapi.json, without starting the Worker. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { createApi } from '../api/app.ts'

const folder = '.wrangler'

const response = await createApi().request('/openapi.json')
if (!response.ok) throw new Error(`The description could not be written: ${await response.text()}`)
mkdirSync(folder, { recursive: true })
writeFileSync(`${folder}/openapi.json`, await response.text())
