/** npm start: Reelhook on this machine, with the provider simulator behind it, until Ctrl-C. */
import { mkdirSync } from 'node:fs'
import { createClient } from './client.ts'
import { openStage, type Stage } from './stage.ts'

const folder = '.wrangler/state'
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
Reelhook is at         ${worker.url}   (its description: ${worker.url}/openapi.json)
The simulator is at    ${simulator.url}   (its bills: ${simulator.url}/simulator/bills)
Your API key           ${key}
Signs your deliveries  ${callback_secret}
Everything is kept in  ${folder}

NOTE: ALLOW_PRIVATE_NETWORK is on, so that callbacks may go to this machine. Never set it on a public Worker.

Try it:

  curl ${worker.url}/v1/jobs \\
    -H 'Authorization: Bearer ${key}' \\
    -H 'Content-Type: application/json' \\
    -d '{"model":"seedance-2.0-mini","prompt":"A paper boat drifts down a rainy gutter"}'

Ctrl-C ends it.
`
}

async function createApiKey(url: string, adminApiKey: string) {
  const made = await createClient(url, adminApiKey).post('/v1/api-keys', { name: 'npm start' })
  return made as { key: string; callback_secret: string }
}

async function stop(stage: Stage): Promise<void> {
  console.log('\nStopping …')
  await stage.close()
  process.exit(0)
}
