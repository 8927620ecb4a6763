/**
 * A host that Cloudflare cannot reach. The fetch of a deployed Worker does not throw for it: it returns a page of Cloudflare
 * with one of these statuses. The local runtime throws instead. Sources: Cloudflare's pages on 5xx and 1xxx errors, and on
 * error responses in JSON, which a request with `Accept: application/json` may get.
 */

/** The connection failed before a request could be sent. */
export const neverSent = [521, 523, 525, 526, 530] as const

/** The host may have received the request. */
export const perhapsSent = [520, 522, 524] as const

export type UnreachableStatus = (typeof neverSent)[number] | (typeof perhapsSent)[number]

export function isUnreachable(status: number): boolean {
  return [...neverSent, ...perhapsSent].some((one) => one === status)
}

export const pages = {
  text: (status: number) => `error code: ${status === 530 ? 1016 : status}`,
  html: (status: number) =>
    `<!DOCTYPE html><html><title>host.test | ${status}: Web server is down</title></html>`,
  json: (status: number) =>
    JSON.stringify({
      type: `https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/error-${status}/`,
      title: `Error ${status}: Web server is down`,
      status,
      error_code: status,
      cloudflare_error: true,
      retryable: true,
      retry_after: 60,
    }),
}

export function unreachable(status: UnreachableStatus, page: keyof typeof pages = 'text'): Response {
  return new Response(pages[page](status), { status })
}
