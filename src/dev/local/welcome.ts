/** What `npm start` prints when everything runs. */
interface Running {
  /** The address of the Worker. */
  url: string
  simulatorUrl: string
  apiKey: string
  callbackSecret: string
  folder: string
}

export function welcome({ url, simulatorUrl, apiKey, callbackSecret, folder }: Running): string {
  return `
Pages            ${signInLink(url, apiKey)}
                 (the link signs in with the API key below)

Reelhook         ${url}   (API reference: ${url}/docs)
Simulator        ${simulatorUrl}   (bills: ${simulatorUrl}/simulator/bills)
API key          ${apiKey}   (with every scope, so that it opens every page)
Callback secret  ${callbackSecret}   (verifies the signatures of deliveries)
Data             ${folder}

NOTE: ALLOW_PRIVATE_NETWORK is true here, so that callbacks can reach this machine. Never set it on a public Worker.

Try it:

  curl ${url}/v1/jobs \\
    -H 'Authorization: Bearer ${apiKey}' \\
    -H 'Content-Type: application/json' \\
    -d '{"model":"seedance-2.0-mini","prompt":"A paper boat drifts down a rainy gutter"}'

For the command, the clients and the recipes, in another terminal:

  export REELHOOK_URL=${url} \\
    REELHOOK_API_KEY=${apiKey} \\
    REELHOOK_SECRET=${callbackSecret}
`
}

/** The key is behind the #, so that it is sent to no server and is in no log. */
function signInLink(url: string, apiKey: string): string {
  return `${url}/sign-in#${new URLSearchParams({ key: apiKey })}`
}
