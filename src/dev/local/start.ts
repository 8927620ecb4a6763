/**
 * npm start: runs Reelhook with the provider simulator on this machine, until Ctrl-C. Each e and Enter posts a few example
 * jobs (examples.ts). `npm start -- --examples` posts them at once.
 */
import { mkdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { scopes } from '../../core/access.ts'
import { type CallbackServer, startCallbackServer } from './callback-server.ts'
import { createClient } from './client.ts'
import { postExamples } from './examples.ts'
import { openStage, type Stage } from './stage.ts'
import { welcome } from './welcome.ts'

const folder = '.wrangler/state'
const apiKeySchema = z.object({ key: z.string(), callback_secret: z.string() })
const port = Number(process.env.PORT ?? 8787)

await main()

async function main() {
  const { values: options } = parseArgs({ options: { examples: { type: 'boolean', default: false } } })
  mkdirSync(folder, { recursive: true })
  const stage = await openStage({ folder, port, onLog: (line) => console.log(line) })
  const { url } = stage.worker
  const { key, callback_secret: callbackSecret } = await createApiKey(url, stage.adminApiKey)
  const callbacks = await startCallbackServer(callbackSecret)
  const post = async () => {
    const jobs = await postExamples(createClient(url, key), callbacks)
    console.log(`\nPosted ${jobs.length} example jobs. See ${url}/jobs\n`)
  }
  if (options.examples) await post()
  console.log(welcome({ url, simulatorUrl: stage.simulator.url, apiKey: key, callbackSecret, folder }))
  console.log(
    `${process.stdin.isTTY ? 'Press e and Enter for a few example jobs, and' : 'Press'} Ctrl-C to stop.\n`,
  )
  if (process.stdin.isTTY) {
    createInterface({ input: process.stdin }).on('line', (line) => {
      if (line.trim() === 'e') post().catch((error) => console.error(error))
    })
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stop(stage, callbacks))
  }
}

async function stop(stage: Stage, callbacks: CallbackServer): Promise<void> {
  console.log('\nStopping …')
  await callbacks.close()
  await stage.close()
  process.exit(0)
}

async function createApiKey(url: string, adminApiKey: string) {
  const created = await createClient(url, adminApiKey).post('/v1/api-keys', { name: 'npm start', scopes })
  return apiKeySchema.parse(created)
}
