/** The Worker: Reelhook with the real network, clock and chance. */
import { realEdges } from './context.ts'
import { createWorker } from './worker.ts'

export default createWorker(realEdges)
