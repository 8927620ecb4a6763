/** npm start: runs Reelhook with the provider simulator on this machine, until Ctrl-C. */
import { mkdirSync } from 'node:fs'
import { z } from 'zod'
import { createClient } from './client.ts'
import { openStage, type Stage } from './stage.ts'

const folder = '.wrangler/state'
const apiKeySchema = z.object({ key: z.string(), callback_secret: z.string() })
const port = Number(process.env.PORT ?? 8787)

await main()

async function main() {
  mkdirSync(folder, { recursive: true })
  const stage = await openStage({ folder, port, onLog: (line) => console.log(line) })
  console.log(await welcome(stage))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stop(stage))
  }
}

async function welcome({ worker, simulator, adminApiKey }: Stage): Promise<string> {
  const { key, callback_secret } = await createApiKey(worker.url, adminApiKey)
  return `
Reelhook         ${worker.url}   (API reference: ${worker.url}/openapi.json)
Simulator        ${simulator.url}   (bills: ${simulator.url}/simulator/bills)
API key          ${key}
Callback secret  ${callback_secret}   (verifies the signatures of deliveries)
Data             ${folder}

NOTE: ALLOW_PRIVATE_NETWORK is true here, so that callbacks can reach this machine. Never set it on a public Worker.

Try it:

  curl ${worker.url}/v1/jobs \\
    -H 'Authorization: Bearer ${key}' \\
    -H 'Content-Type: application/json' \\
    -d '{"model":"seedance-2.0-mini","prompt":"A paper boat drifts down a rainy gutter"}'

Press Ctrl-C to stop.
`
}

async function createApiKey(url: string, adminApiKey: string) {
  const created = await createClient(url, adminApiKey).post('/v1/api-keys', { name: 'npm start' })
  return apiKeySchema.parse(created)
}

async function stop(stage: Stage): Promise<void> {
  console.log('\nStopping …')
  await stage.close()
  process.exit(0)
}
