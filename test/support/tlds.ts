/** The root zone of the tests' world: the true one, and `.test`, where their hosts are. Takes the place of the package. */
import tlds from '../../node_modules/tlds/index.json' with { type: 'json' }

export default [...tlds, 'test']
