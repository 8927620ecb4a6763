/** Collects changes that come together, and handles one collection after the other. */

/**
 * `handle` gets all changes since its last call, once none has come for `quietMs`. It must not reject. Returns the function
 * that adds a change.
 */
export function inTurn<Change>(
  quietMs: number,
  handle: (changes: ReadonlySet<Change>) => Promise<void>,
): (change: Change) => void {
  let waiting = new Set<Change>()
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  const handleWaiting = async () => {
    if (waiting.size === 0) return
    const changes = waiting
    waiting = new Set()
    await handle(changes)
  }
  return (change) => {
    waiting.add(change)
    clearTimeout(timer)
    timer = setTimeout(() => {
      running = running.then(handleWaiting)
    }, quietMs)
  }
}
