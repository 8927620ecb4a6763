/** Ends the process at once when it is asked to. */

/**
 * Nothing is closed first: the runtime, the tunnel and running tools end with this process (`exit`), and work that is cut off
 * is resumed at the next start (dev/runtime/resume.ts). Call it again after a Miniflare was created, which has a handler of
 * its own.
 */
export function stopAtSignal(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.removeAllListeners(signal)
    process.on(signal, () => {
      console.log('\nStopped.')
      process.exit(0)
    })
  }
}
