/** Jobs with a retention, and their erasure. */
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import { newId } from '../../src/core/id.ts'
import { deliveriesOf } from './deliveries.ts'
import { sweep } from './reelhook.ts'
import { select } from './storage.ts'
import { makeVideo } from './videos.ts'
import { world } from './world.ts'

export const days = 24 * 60 * 60 * 1_000

/** The event types of a caller that subscribes to the erasure, too. */
export const allEvents = ['job.succeeded', 'job.failed', 'job.canceled', 'job.erased']

/** A job whose video is stored and whose caller has been notified. */
export async function aNotifiedVideo(overrides: Record<string, unknown> = {}): Promise<string> {
  const { id } = await makeVideo(overrides)
  await untilDelivered(id)
  return id
}

/** Waits until no delivery of the job is pending. */
export async function untilDelivered(id: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const pending = (await deliveriesOf(id)).filter(({ status }) => status === 'pending')
      if (pending.length > 0) throw new Error('a delivery is still pending')
    },
    { timeout: 60_000, interval: 10 },
  )
}

/** Advances the clock by days, and sweeps. */
export async function passDays(count: number): Promise<void> {
  await world.advance(count * days)
  await sweep()
}

/** The erasure event of the job, as received at each attempt. */
export function erasureEventsOf(id: string) {
  return world.caller
    .receivedFor(id)
    .filter(({ body }) => JSON.parse(body).type === 'job.erased')
    .map((received) => ({ received, event: JSON.parse(received.body) }))
}

export async function untilErasureEvent(id: string, attempts = 1) {
  await vi.waitUntil(() => erasureEventsOf(id).length >= attempts, { timeout: 60_000, interval: 10 })
  return erasureEventsOf(id)
}

/** The row of an erased job, if it is still there. */
export async function remainsOf(id: string): Promise<Record<string, unknown> | undefined> {
  const [row] = await select('SELECT * FROM jobs WHERE id = ?', id)
  return row
}

/** Inserts ended jobs whose erasure is due: rows only, without objects. */
export async function insertDueErasures(
  count: number,
  contents: 'empty' | 'with a video',
  request = '{"model":"seedance-2.0-mini","retention_days":1}',
): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId('job'))
  await env.DB.prepare(
    `INSERT INTO jobs (id, status, model, provider, providers, request, warnings, api_key_id, created_at, deadline_at, settled_at, erase_at)
     SELECT value, 'failed', 'seedance-2.0-mini', 'runware', '[]', ?, '[]', 'admin', 0, 0, 0, 1 FROM json_each(?)`,
  )
    .bind(request, JSON.stringify(ids))
    .run()
  if (contents === 'empty') return ids
  await env.DB.prepare(
    `INSERT INTO outputs (job_id, n, task_n, remote_id, source_url, status, attempts, key, content_type, bytes, sha256, stored_at)
     SELECT value, 0, 0, 'video', '', 'stored', 1, 'jobs/' || value || '/0.mp4', 'video/mp4', 1, 'ab12', 0 FROM json_each(?)`,
  )
    .bind(JSON.stringify(ids))
    .run()
  return ids
}
