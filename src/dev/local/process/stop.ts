/** Ends the process at once when it is asked to, or when npm, which started it, has ended. */

/**
 * Nothing is closed first: the runtime, the tunnel and running tools end with this process (`exit`), and work that is cut off
 * is resumed at the next start (dev/runtime/resume.ts). Call it again after a Miniflare was created, which has a handler of
 * its own.
 */
export function stopAtSignal(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.removeAllListeners(signal)
    process.on(signal, stop)
  }
}

/**
 * A signal to npm ends npm and its shell, but not the script, because the shell passes no signal on. This process then has
 * another parent. Without npm it may go on alone: `node start.ts &` outlives its shell.
 */
export function stopWithNpm({ npm_lifecycle_event: script }: NodeJS.ProcessEnv): void {
  if (script === undefined) return
  const parent = process.ppid
  const look = () => {
    if (process.ppid !== parent) stop()
  }
  setInterval(look, parentLookMs).unref()
}

const parentLookMs = 500

function stop(): never {
  console.log('\nStopped.')
  process.exit(0)
}
