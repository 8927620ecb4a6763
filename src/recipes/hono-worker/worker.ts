/**
 * A Worker that receives webhooks and copies each video into a bucket of its own.
 *
 * The route verifies the delivery, puts it on a queue and responds within milliseconds. The consumer does the work, and the
 * queue repeats what fails. Copy this folder, and on your machine, with Node 22:
 *
 *   npm install hono wrangler ./reelhook-0.1.0.tgz
 *   npx wrangler d1 migrations apply DB --local
 *   npx wrangler dev --var REELHOOK_SECRET:whsec_…
 */
import { Hono } from 'hono'
import { type Event, type Job, verifyWebhook } from 'reelhook/client'

interface Bindings {
  REELHOOK_SECRET: string
  DELIVERIES: Queue<Delivery>
  DB: D1Database
  VIDEOS: R2Bucket
}

interface Delivery {
  id: string
  event: Event
}

const app = new Hono<{ Bindings: Bindings }>()

app.post('/hooks/reelhook', async (c) => {
  const body = await c.req.text()
  const { headers } = c.req.raw
  const event = await verifyWebhook({ body, headers, secret: c.env.REELHOOK_SECRET }).catch(String)
  if (typeof event === 'string') return c.text(event, 401)
  await c.env.DELIVERIES.send({ id: headers.get('webhook-id') ?? '', event })
  return c.body(null, 204)
})

export default {
  fetch: app.fetch,

  async queue({ messages }: MessageBatch<Delivery>, env: Bindings): Promise<void> {
    for (const message of messages) {
      try {
        await handleOnce(message.body, env)
        message.ack()
      } catch (error) {
        // The other messages of the batch are still handled.
        console.error(error)
        message.retry()
      }
    }
  },
}

/** Every attempt of an event has the same `webhook-id`. Two copies at the same moment write the same object twice. */
async function handleOnce({ id, event }: Delivery, env: Bindings): Promise<void> {
  const handled = await env.DB.prepare('SELECT 1 FROM handled WHERE id = ?').bind(id).first()
  if (handled !== null) return
  if (event.type === 'job.succeeded') await copyVideos(event.data, env.VIDEOS)
  else console.log(JSON.stringify(event))
  await env.DB.prepare('INSERT OR IGNORE INTO handled (id) VALUES (?)').bind(id).run()
}

/** R2 refuses a file whose hash is another. */
async function copyVideos(job: Job, videos: R2Bucket): Promise<void> {
  for (const { n, url, sha256, content_type } of job.outputs) {
    if (url === null || sha256 === null) continue
    const { ok, status, body } = await fetch(url)
    if (!ok || body === null) throw new Error(`The video of ${job.id} responds ${status}.`)
    const contentType = content_type ?? 'video/mp4'
    const name = `${job.id}/${n}.${extensions[contentType] ?? 'mp4'}`
    await videos.put(name, body, { sha256, httpMetadata: { contentType } })
  }
}

/** For files other than MP4, such as those of a job with `"output_format": "mov"`. */
const extensions: Record<string, string> = { 'video/quicktime': 'mov', 'video/webm': 'webm' }
