/** What `npm start` prints when everything runs. */
import { type Simulated, simulated } from './settings/own-settings.ts'

export interface Running {
  /** The Worker on this machine. */
  url: string
  /** Its address for others. Null: it has none. */
  publicUrl: string | null
  simulatorUrl: string
  callbackUrl: string
  apiKey: string
  callbackSecret: string
  folder: string
  realProviders: readonly Simulated[]
}

export function welcome(running: Running): string {
  const { url, publicUrl, callbackUrl, apiKey, callbackSecret, folder } = running
  const address = publicUrl ?? url
  // Another port than the default has a folder of its own (start.ts).
  const [, port] = /-(\d+)$/.exec(folder) ?? []
  const restart = port === undefined ? 'npm start' : `PORT=${port} npm start`
  return `
Pages      ${signInLink(address, apiKey)}
           (the link signs in)
Reelhook   ${url}   (API reference: ${url}/docs)
${publicUrl === null ? '' : `           ${publicUrl} is its public address: whoever has a key can use it.\n`}API key    ${apiKey}   (every scope; the same after a restart)
Callbacks  ${callbackUrl}   (each delivery is verified and printed here)
${providerLines(running)}
Data       ${folder}   (logs as JSON: ${folder}/worker.log; empty it with: ${restart} -- --reset)

A change in src/ or .dev.vars takes effect when it is saved.

Make a video. Its delivery is printed here:

${firstRequest(running)}

For the command, the clients and the recipes, in another terminal:

  export REELHOOK_URL=${url} \\
    REELHOOK_API_KEY=${apiKey} \\
    REELHOOK_SECRET=${callbackSecret}
`
}

function providerLines({ realProviders, simulatorUrl, publicUrl }: Running): string {
  const free = simulated.filter((name) => !realProviders.includes(name))
  const lines = [
    ...(free.length > 0
      ? [
          `${free.join(', ')}: simulated, free   (${simulatorUrl}/simulator/bills)`,
          'A prompt makes them fail: "A boat sim(fail=moderated)". More: README, "Faults on request".',
        ]
      : []),
    ...(realProviders.length > 0 ? [`${realProviders.join(', ')}: REAL. Every job there costs money.`] : []),
    ...(realProviders.length > 0 && publicUrl === null
      ? [
          'Real providers cannot reach this machine: no webhook arrives, so jobs end later, by polls, and files',
          'of yours cannot be references. For a public address: npm start -- --tunnel',
        ]
      : []),
  ]
  return `Providers  ${lines.join('\n           ')}`
}

/** It costs nothing if any provider is simulated. */
function firstRequest({ url, apiKey, callbackUrl, realProviders }: Running): string {
  const free = simulated.find((name) => !realProviders.includes(name))
  const body = {
    model: 'seedance-2.0-mini',
    ...(realProviders.length > 0 && free !== undefined && { provider: free }),
    prompt: 'A paper boat drifts down a rainy gutter',
    callback_url: callbackUrl,
  }
  return `  curl ${url}/v1/jobs \\
    -H 'Authorization: Bearer ${apiKey}' \\
    -H 'Content-Type: application/json' \\
    -d '${JSON.stringify(body)}'${free === undefined ? '\n  (It costs money: no provider is simulated.)' : ''}`
}

/** The key is behind the #, so that it is sent to no server and is in no log. */
function signInLink(url: string, apiKey: string): string {
  return `${url}/sign-in#${new URLSearchParams({ key: apiKey })}`
}
