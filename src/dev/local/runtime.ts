/**
 * Runs a bundled Worker on the local runtime, with D1, R2 and the queues stored in one folder. The local runtime fires no
 * cron trigger, so it is fired here.
 */
import { CorePaths, convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import type { Bundle } from './bundle.ts'

export interface LocalWorker {
  url: string
  /** Fires the cron trigger now. */
  sweep(): Promise<void>
  stop(): Promise<void>
}

export interface Settings {
  /** All data is stored here, in `<folder>/v3` as `wrangler dev` does. */
  folder: string
  port: number
  variables: Record<string, string>
  /** Receives the Worker's log: one JSON line per unit of work. */
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
      bindings: { ...bundle.options.bindings, ...variables },
      host: '127.0.0.1',
      port,
      resourcePersistencePath: `${folder}/v3`,
      log: new Log(LogLevel.ERROR),
      unsafeTriggerHandlers: true,
      handleStructuredLogs: ({ message }) => onLog(message),
    }),
  )
  const url = (await miniflare.ready).origin
  // By HTTP. `getWorker()` blocks this thread, which reads the Worker's log: when the log is full, both wait for ever.
  const sweep = async () => {
    const response = await miniflare.dispatchFetch(`${url}${CorePaths.SCHEDULED}?cron=*+*+*+*+*`)
    await response.text()
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
