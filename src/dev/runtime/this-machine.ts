/**
 * With a public address the Worker's URL guard is on, and it refuses every URL of this machine. So the callback server and the
 * simulated providers get URLs under the public address: `<PUBLIC_BASE_URL>/this-machine/…`. The Worker sends its own requests
 * for such a URL to the local server. A request from outside gets 404.
 */
import { z } from 'zod'

/** The local server by the URL that replaces it. */
export const placesSchema = z.record(z.url(), z.url())
export type Places = z.infer<typeof placesSchema>

type Fetch = (request: Request) => Promise<Response>

export function withThisMachine(fetch: Fetch, places: Places): Fetch {
  return (request) => {
    const found = Object.entries(places).find(([name]) => request.url.startsWith(`${name}/`))
    if (found === undefined) return fetch(request)
    const [name, server] = found
    return fetch(new Request(`${server}${request.url.slice(name.length)}`, request))
  }
}
