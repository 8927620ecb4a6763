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
  /**
   * Replaces the code and the settings. The address and the data stay the same. Running work ends as in a crash, and
   * dev/runtime/resume.ts resumes it at once.
   */
  replace(bundle: Bundle, variables: Record<string, string>): Promise<void>
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
  const miniflare = new Miniflare(optionsOf(bundle, settings))
  const url = (await miniflare.ready).origin
  // By HTTP. `getWorker()` blocks this thread, which reads the Worker's log: when the log is full, both wait for ever.
  const sweep = async () => {
    const response = await miniflare.dispatchFetch(`${url}${CorePaths.SCHEDULED}?cron=*+*+*+*+*`)
    await response.text()
  }
  let timer = setInterval(() => void sweep(), sweepEveryMs)
  return {
    url,
    sweep,
    async replace(next, variables) {
      clearInterval(timer)
      await miniflare.setOptions(optionsOf(next, { ...settings, variables }))
      await sweep()
      timer = setInterval(() => void sweep(), sweepEveryMs)
    },
    async stop() {
      clearInterval(timer)
      await miniflare.dispose()
    },
  }
}

function optionsOf({ script, options }: Bundle, { folder, port, variables, onLog }: Settings) {
  return convertV4MiniflareOptions({
    ...options,
    name: 'reelhook',
    modules: [{ type: 'ESModule', path: 'index.js', contents: script }],
    bindings: { ...options.bindings, ...variables },
    host: '127.0.0.1',
    port,
    resourcePersistencePath: `${folder}/v3`,
    log: new Log(LogLevel.ERROR),
    unsafeTriggerHandlers: true,
    handleStructuredLogs: ({ message }) => onLog(message),
  })
}
