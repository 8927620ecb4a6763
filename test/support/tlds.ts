/** The root zone, with `.test` added for the hosts of the tests. It replaces the package `tlds`. */
import tlds from '../../node_modules/tlds/index.json' with { type: 'json' }

export default [...tlds, 'test']
