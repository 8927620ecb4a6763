/** Ctrl-C ends the load, a second one ends the process. */
export interface Interruption {
  signal: AbortSignal
  /** Called when something has started that would end the process at a signal: the runtime does. */
  listen: () => void
}

export function createInterruption(): Interruption {
  const controller = new AbortController()
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort()
  }
  return {
    signal: controller.signal,
    listen() {
      for (const name of ['SIGINT', 'SIGTERM'] as const) {
        process.removeAllListeners(name)
        process.on(name, interrupt)
      }
    },
  }
}
