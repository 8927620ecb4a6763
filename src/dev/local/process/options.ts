/** The command line of `npm start`. No I/O. */
import { parseArgs } from 'node:util'

export interface StartOptions {
  port: number
  /** The callback server has the port after the Worker's, so that it stays the same too. */
  callbackPort: number
  /** A folder for each port: two runtimes must not open one database. */
  folder: string
  postsExamples: boolean
  hasTunnel: boolean
  isReset: boolean
}

export type StartOptionsResult = { ok: true; options: StartOptions } | { ok: false; fault: string }

const defaultPort = 8787

export function readStartOptions(words: string[], { PORT }: NodeJS.ProcessEnv): StartOptionsResult {
  const port = PORT === undefined || PORT === '' ? defaultPort : Number(PORT)
  if (!Number.isInteger(port) || port < 1 || port > maxPort) {
    return { ok: false, fault: `PORT must be a whole number from 1 to ${maxPort}.` }
  }
  try {
    const { values } = parseArgs({
      args: words,
      options: {
        examples: { type: 'boolean', default: false },
        tunnel: { type: 'boolean', default: false },
        reset: { type: 'boolean', default: false },
      },
    })
    return {
      ok: true,
      options: {
        port,
        callbackPort: port + 1,
        folder: port === defaultPort ? '.wrangler/state' : `.wrangler/state-${port}`,
        postsExamples: values.examples,
        hasTunnel: values.tunnel,
        isReset: values.reset,
      },
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { ok: false, fault: `${error.message}\n${usage}` }
  }
}

// The callback server takes the port after it.
const maxPort = 65_534

const usage = `npm start -- [options]
  --examples   posts example jobs
  --tunnel     gives the Worker a public address, with cloudflared
  --reset      deletes all local data first`
