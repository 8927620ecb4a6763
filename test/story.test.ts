/** The README, as a test. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { sha256 } from '../src/core/crypto/derived-keys.ts'
import { callbackSecret, isSignedWith } from './support/caller.ts'
import {
  api,
  billsFor,
  postJob,
  timelineOf,
  untilStatus,
  untilSubmitted,
  untilTold,
} from './support/reelhook.ts'
import { world } from './support/world.ts'

it.each(['runware', 'crun'])('makes a video at %s and tells the caller', async (provider) => {
  const accepted = await postJob({ provider })
  expect(accepted.status).toBe('queued')

  await untilSubmitted(accepted.id)
  await world.advance(10_000)
  const job = await untilStatus(accepted.id, 'succeeded')
  expect(job.tasks[0]?.completed_via).toBe('webhook')
  expect(billsFor(job.id)).toHaveLength(1)

  const [told] = await untilTold(job.id)
  if (told === undefined) throw new Error('the caller was not told')
  expect(isSignedWith(callbackSecret, told)).toBe(true)
  const event = JSON.parse(told.body)
  expect(event).toMatchObject({ type: 'job.succeeded', data: { id: job.id, status: 'succeeded' } })

  const link = new URL(event.data.outputs[0].url)
  const video = await api(`${link.pathname}${link.search}`, { headers: { authorization: '' } })
  const bytes = await video.bytes()
  expect(video.headers.get('content-type')).toBe('video/mp4')
  expect(bytes.length).toBe(job.outputs[0]?.bytes)
  expect(await sha256(bytes)).toBe(job.outputs[0]?.sha256)
  expect(await env.BUCKET.head(`jobs/${job.id}/0.mp4`)).not.toBeNull()

  expect(await timelineOf(job.id)).toEqual([
    'job.accepted',
    'task.submitted',
    'webhook.received',
    'task.succeeded',
    'output.stored',
    'job.succeeded',
  ])
})
