/** The time limits of a connection that moves media: on silence, and in all. */

// From each request to its headers, and from one chunk to the next.
const maxSilenceMs = 30_000

export interface TimedConnection {
  signal: AbortSignal
  /** Called for each request, when it is sent. */
  startTimers(): void
  /** Called whenever bytes of a body have passed. */
  onBytes(): void
  /** Until the next request: a redirect has come, and the next URL is checked. */
  pauseSilence(): void
  /** Whether it was aborted because the whole transfer took too long. */
  isOutOfTime(): boolean
  close(): void
}

/** Aborts after `maxSilenceMs` without bytes, and after `timeLeftMs` in any case: a slow body may never stall. */
export function timedConnection(timeLeftMs: number): TimedConnection {
  const controller = new AbortController()
  const outOfTime = new Error('the transfer took too long')
  const startSilence = () =>
    setTimeout(() => controller.abort(new Error('no bytes arrived for too long')), maxSilenceMs)
  let duration: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  const pauseSilence = () => clearTimeout(silence)
  const restartSilence = () => {
    pauseSilence()
    silence = startSilence()
  }
  return {
    signal: controller.signal,
    startTimers() {
      restartSilence()
      duration ??= setTimeout(() => controller.abort(outOfTime), Math.max(0, timeLeftMs))
    },
    onBytes: restartSilence,
    pauseSilence,
    isOutOfTime: () => controller.signal.reason === outOfTime,
    close() {
      pauseSilence()
      clearTimeout(duration)
      controller.abort(new Error('closed'))
    },
  }
}
