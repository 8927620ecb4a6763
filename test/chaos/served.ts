/** What a provider serves for an output when nothing goes wrong, as a hash; each is made and hashed once. */
import type { Simulator } from '../../src/dev/simulator/simulator.ts'
import { hashOf } from './channel.ts'

export function servedBy(simulator: Simulator) {
  const hashes = new Map<string, Promise<string>>()
  return async (outputId: string): Promise<string | null> => {
    const media = simulator.mediaOf(outputId)
    if (media === undefined) return null
    const known = hashes.get(outputId) ?? hashOf(media.stream())
    hashes.set(outputId, known)
    return known
  }
}
