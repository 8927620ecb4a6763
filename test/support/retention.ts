/** Jobs that are not kept for ever, brought to the end of their time. */
import { vi } from 'vitest'
import { deliveriesOf } from './deliveries.ts'
import { sweep } from './reelhook.ts'
import { select } from './storage.ts'
import { makeVideo } from './videos.ts'
import { world } from './world.ts'

export const days = 24 * 60 * 60 * 1_000

/** Wants to hear of its erasure, too. */
export const allEvents = ['job.succeeded', 'job.failed', 'job.canceled', 'job.erased']

/** A job whose video is stored and whose caller has been told. */
export async function aToldVideo(overrides: Record<string, unknown> = {}): Promise<string> {
  const { id } = await makeVideo(overrides)
  await untilNotified(id)
  return id
}

/** Waits until nobody has to be told anything of the job any more. */
export async function untilNotified(id: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const pending = (await deliveriesOf(id)).filter(({ status }) => status === 'pending')
      if (pending.length > 0) throw new Error('somebody is still to be told')
    },
    { timeout: 10_000, interval: 10 },
  )
}

/** So many days go by, and the cron comes. */
export async function passDays(count: number): Promise<void> {
  await world.advance(count * days)
  await sweep()
}

/** What the event of its erasure told, at each attempt. */
export function toldOfErasure(id: string) {
  return world.caller
    .receivedFor(id)
    .filter(({ body }) => JSON.parse(body).type === 'job.erased')
    .map((received) => ({ received, event: JSON.parse(received.body) }))
}

export async function untilToldOfErasure(id: string, attempts = 1) {
  await vi.waitUntil(() => toldOfErasure(id).length >= attempts, { timeout: 10_000, interval: 10 })
  return toldOfErasure(id)
}

/** The row that is left of an erased job until nobody needs it any more. */
export async function remainsOf(id: string): Promise<Record<string, unknown> | undefined> {
  const [row] = await select('SELECT * FROM jobs WHERE id = ?', id)
  return row
}
