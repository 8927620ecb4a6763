/**
 * The Worker on this machine: the bundle that would be deployed, on the local runtime, with D1, R2 and the queues
 * kept under one folder. The cron trigger is fired from here, because the local runtime fires none by itself.
 */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'

export interface LocalWorker {
  url: string
  /** Fires the cron trigger now. */
  sweep(): Promise<void>
  stop(): Promise<void>
}

interface Options {
  /** Everything is kept here: `<folder>/v3` as `wrangler dev` has it, and the bundle. */
  folder: string
  port: number
  variables: Record<string, string>
  /** One JSON line for each unit of work, as the Worker logs it. */
  onLog: (line: string) => void
}

const wrangler = new URL('../../node_modules/wrangler/bin/wrangler.js', import.meta.url).pathname
const configPath = new URL('../../wrangler.toml', import.meta.url).pathname
const sweepEveryMs = 60_000

export async function startWorker({ folder, port, variables, onLog }: Options): Promise<LocalWorker> {
  const bundle = `${folder}/bundle`
  await Promise.all([
    runWrangler('deploy', '--dry-run', '--outdir', bundle),
    runWrangler('d1', 'migrations', 'apply', 'reelhook', '--local', '--persist-to', folder),
  ])
  const { workerOptions } = unstable_getMiniflareWorkerOptions(configPath)
  // Rules for files that are not code: the bundle holds none.
  const { modulesRules: _, ...options } = workerOptions
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...options,
      name: 'reelhook',
      modules: [
        { type: 'ESModule', path: 'index.js', contents: await readFile(`${bundle}/index.js`, 'utf8') },
      ],
      bindings: variables,
      host: '127.0.0.1',
      port,
      resourcePersistencePath: `${folder}/v3`,
      log: new Log(LogLevel.ERROR),
      handleStructuredLogs: ({ message }) => onLog(message),
    }),
  )
  const url = (await miniflare.ready).origin
  const sweep = async () => {
    const worker = await miniflare.getWorker()
    await worker.scheduled({ cron: '* * * * *' })
  }
  const timer = setInterval(() => void sweep(), sweepEveryMs)
  return {
    url,
    sweep,
    async stop() {
      clearInterval(timer)
      await miniflare.dispose()
    },
  }
}

/** A port that nobody listens on: the Worker must know its own address before it starts. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

async function runWrangler(...words: string[]): Promise<void> {
  const environment = { ...process.env, CI: 'true', WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1' }
  await promisify(execFile)(process.execPath, [wrangler, ...words, '--config', configPath], {
    env: environment,
  })
}
