/** The connection was reset, or got no response: the client sees no HTTP status. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost'

  constructor() {
    super('The simulated connection was lost')
  }
}

/** A gateway in front of the provider responds instead of it. */
export class GatewayResponse extends Error {
  override name = 'GatewayResponse'
  readonly status: number

  constructor(status: number) {
    super(`A simulated gateway responds with ${status}`)
    this.status = status
  }

  response(): Response {
    const body = '<html><body>The gateway got no response.</body></html>'
    return new Response(body, { status: this.status, headers: { 'content-type': 'text/html' } })
  }
}
