/** The connection was reset, or never answered: what a caller sees is no status at all. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost'

  constructor() {
    super('The simulated connection was lost')
  }
}

/** A proxy in front of the provider answers instead of it. */
export class GatewayAnswer extends Error {
  override name = 'GatewayAnswer'
  readonly status: number

  constructor(status: number) {
    super(`A simulated gateway answers ${status}`)
    this.status = status
  }

  response(): Response {
    const body = '<html><body>The gateway has no answer.</body></html>'
    return new Response(body, { status: this.status, headers: { 'content-type': 'text/html' } })
  }
}
