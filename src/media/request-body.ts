/** The body of a request as a source that does not wait for ever: a sender that falls silent is given up. */
import { fail, type Result } from '../core/fault.ts'
import { type ByteSource, sourceOf } from './source.ts'

// The same as for what is fetched: so long from one piece of a body to the next.
const patienceMs = 30_000

/** Reading fails with `media_unavailable` when nothing comes for 30 seconds. The time that R2 takes does not count. */
export function requestBody(
  stream: ReadableStream,
  announced: Pick<ByteSource, 'length' | 'contentType'>,
): ByteSource {
  let waitAnew: () => void = () => undefined
  const source = sourceOf(stream, announced, () => waitAnew())
  return {
    ...announced,
    async read(buffer) {
      const { promise: silence, resolve } = Promise.withResolvers<Result<never>>()
      const giveUp = () => {
        resolve(fail('media_unavailable', `Nothing came for ${patienceMs / 1_000} seconds.`))
        // What is still under way ends with it; that it was broken off is known.
        source.cancel().catch(() => undefined)
      }
      let timer = setTimeout(giveUp, patienceMs)
      waitAnew = () => {
        clearTimeout(timer)
        timer = setTimeout(giveUp, patienceMs)
      }
      try {
        return await Promise.race([source.read(buffer), silence])
      } finally {
        clearTimeout(timer)
        waitAnew = () => undefined
      }
    },
  }
}
