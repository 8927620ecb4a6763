/** The Worker: Reelhook with the real network, clock and chance. */
import { realEdges } from './context.ts'
import { createReelhook } from './reelhook.ts'

export default createReelhook(realEdges)
