/** The Worker under test: the product whole, with the test's world at its edges. */
import { createReelhook } from '../../src/reelhook.ts'
import { world } from './world.ts'

export default createReelhook(world.edges)
