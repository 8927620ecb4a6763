/**
 * A bundled Worker on the local runtime, with D1, R2 and the queues kept under one folder. The cron trigger is fired
 * from here, because the local runtime fires none by itself.
 */
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import type { Bundle } from './bundle.ts'

export interface LocalWorker {
  url: string
  /** Fires the cron trigger now. */
  sweep(): Promise<void>
  stop(): Promise<void>
}

export interface Settings {
  /** Everything is kept here, `<folder>/v3` as `wrangler dev` has it. */
  folder: string
  port: number
  variables: Record<string, string>
  /** One JSON line for each unit of work, as the Worker logs it. */
  onLog: (line: string) => void
}

const sweepEveryMs = 60_000

export async function runWorker(bundle: Bundle, settings: Settings): Promise<LocalWorker> {
  const { folder, port, variables, onLog } = settings
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...bundle.options,
      name: 'reelhook',
      modules: [{ type: 'ESModule', path: 'index.js', contents: bundle.script }],
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
