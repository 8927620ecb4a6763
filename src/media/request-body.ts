/** The body of a request as a source that gives up when its sender stops sending. */
import { fail, type Result } from '../core/fault.ts'
import { type ByteSource, sourceOf } from './source.ts'

// The same limit as for downloads.
const maxSilenceMs = 30_000

/** Reading fails with `media_unavailable` after 30 seconds without bytes. Time spent in R2 does not count. */
export function requestBody(
  stream: ReadableStream,
  announced: Pick<ByteSource, 'length' | 'contentType'>,
): ByteSource {
  let restartTimer: () => void = () => undefined
  const source = sourceOf(stream, announced, () => restartTimer())
  return {
    ...announced,
    async read(buffer) {
      const { promise: silence, resolve } = Promise.withResolvers<Result<never>>()
      const giveUp = () => {
        resolve(fail('media_unavailable', `No bytes arrived for ${maxSilenceMs / 1_000} seconds.`))
        // This ends the pending read too; its error adds nothing.
        source.cancel().catch(() => undefined)
      }
      let timer = setTimeout(giveUp, maxSilenceMs)
      restartTimer = () => {
        clearTimeout(timer)
        timer = setTimeout(giveUp, maxSilenceMs)
      }
      try {
        return await Promise.race([source.read(buffer), silence])
      } finally {
        clearTimeout(timer)
        restartTimer = () => undefined
      }
    },
  }
}
