/** The SHA-256 of the video that a provider serves for an output if nothing goes wrong. Each is computed once. */
import type { Simulator } from '../../../src/dev/simulator/simulator.ts'
import { hashOf } from '../lives/channel.ts'

export function servedBy(simulator: Simulator) {
  const hashes = new Map<string, Promise<string>>()
  return async (outputId: string): Promise<string | null> => {
    const media = simulator.mediaOf(outputId)
    if (media === undefined) return null
    const hash = hashes.get(outputId) ?? hashOf(media.stream())
    hashes.set(outputId, hash)
    return hash
  }
}
