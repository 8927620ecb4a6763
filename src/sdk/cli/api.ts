/** The deployment, as a command calls it: the published client, and whether the connection is lost at the moment. */
import { createClient, type ReelhookClient } from '../client/index.ts'
import type { Settings } from './settings.ts'

export type Api = ReelhookClient['api']

export interface Connection {
  isLost: boolean
}

export function createApi({ url, apiKey }: Settings, connection: Connection): ReelhookClient {
  return createClient({ baseUrl: url, apiKey, fetch: watched(connection) })
}

/** The client repeats what fails. Meanwhile a bar says why nothing moves. */
function watched(connection: Connection): typeof fetch {
  return async (input, init) => {
    try {
      const response = await fetch(input, init)
      connection.isLost = response.status >= 500
      return response
    } catch (error) {
      connection.isLost = true
      throw error
    }
  }
}
