/**
 * The streams that make an open page load itself again. Their signals have no content: at each, the page
 * replaces its parts with `data-live`.
 */
import { Hono } from 'hono'
import type { PageEnv } from './page-env.ts'

export const livePages = new Hono<PageEnv>()
  // The query is that of GET /v1/events.
  .get('/live/events', (c) => signals(c.get('api').open(`/v1/events${new URL(c.req.url).search}`)))
  // `after`: the id of the last event that the page shows. A browser that reconnects names the last one that it has had.
  .get('/live/jobs/:id', async (c) => {
    const after = c.req.header('last-event-id') ?? c.req.query('after') ?? ''
    const headers = { accept: 'text/event-stream', ...(after !== '' && { 'last-event-id': after }) }
    const path = `/v1/jobs/${encodeURIComponent(c.req.param('id'))}/events`
    const stream = await c.get('api').open(path, { headers })
    return stream.status === 204 ? lookAgain() : signals(stream)
  })

const lookAgainMs = 15_000

/**
 * The job has ended, but its deliveries, exports or late videos may change: its timeline does not show them all. The page
 * looks again whenever it reconnects, so the stream itself says nothing.
 */
function lookAgain(): Response {
  const headers = { 'content-type': 'text/event-stream' }
  return new Response(`retry: ${lookAgainMs}\n\n`, { headers })
}

/** Only a 200 is a stream. A browser does not reconnect after any other response. */
async function signals(opened: Response | Promise<Response>): Promise<Response> {
  const stream = await opened
  if (stream.status !== 200 || stream.body === null) return new Response(null, { status: stream.status })
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  const only = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      const text = decoder.decode(chunk, { stream: true })
      const id = text.match(/^id: .*\n/gm)?.at(-1) ?? ''
      const hasChanged = /^(?:data|: progress)/m.test(text)
      controller.enqueue(encoder.encode(hasChanged ? `${id}data: changed\n\n` : ': still here\n\n'))
    },
  })
  return new Response(stream.body.pipeThrough(only), { headers: { 'content-type': 'text/event-stream' } })
}
