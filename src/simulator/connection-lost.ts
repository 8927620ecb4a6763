/** The connection was reset, or never answered: what a caller sees is no status at all. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost'

  constructor() {
    super('The simulated connection was lost')
  }
}
