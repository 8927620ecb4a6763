/**
 * Runware uploads each result to the `uploadEndpoint` by PUT, with the raw bytes as the body. The documents say neither
 * when, relative to the webhook, nor whether a refused upload is retried. Here it precedes the webhook and happens once.
 */

import type { PutFault } from '../directives.ts'
import { streamPart } from '../media.ts'
import { hasWebhookOption, type RunwareTask, type SeededOutput } from '../task.ts'
import { record, type World } from '../world.ts'

const LATE_MS = { late: 10_000, 'too-late': 300_000 }

/** Resolves when every upload that precedes the submit response has been sent. */
export async function uploadOutputs(world: World, task: RunwareTask): Promise<void> {
  const { request, directives, outputs } = task
  const { uploadEndpoint: url } = request
  if (url === undefined || directives.put === 'never') return
  const fault = directives.put
  const lateMs = fault === 'late' || fault === 'too-late' ? LATE_MS[fault] : 0
  for (const output of outputs.filter(({ failure }) => failure === undefined)) {
    const upload = async () => {
      for (let times = fault === 'twice' ? 2 : 1; times > 0; times--) await put(world, task, output, url)
    }
    if (hasWebhookOption(directives, 'early') && lateMs === 0) await upload()
    else world.edges.after(output.endsAt + lateMs - world.edges.now(), upload)
  }
}

async function put(world: World, task: RunwareTask, output: SeededOutput, url: string): Promise<void> {
  const entry = { provider: task.provider, taskId: task.taskId }
  const { body, headers } = contentOf(output, world.edges.picture, task.directives.put)
  // Node requires `duplex: 'half'` for a streamed body.
  const init = { method: 'PUT', headers, body, duplex: 'half' }
  try {
    const response = await world.edges.fetch(new Request(url, init))
    await response.body?.cancel()
    record(world, { ...entry, what: 'upload.sent', status: response.status })
  } catch {
    // Every network error means the same here: the upload was not received.
    record(world, { ...entry, what: 'upload.unreachable' })
  }
}

function contentOf(output: SeededOutput, picture: Uint8Array, fault: PutFault | undefined) {
  const size = output.sizeBytes
  const video = { 'content-type': 'video/mp4' }
  const whole = { ...video, 'content-length': String(size) }
  switch (fault) {
    case undefined:
    case 'never':
    case 'twice':
    case 'late':
    case 'too-late':
      return { headers: whole, body: streamPart(output, picture, { from: 0, to: size }) }
    case 'chunked':
      return { headers: video, body: streamPart(output, picture, { from: 0, to: size }) }
    case 'truncated': {
      const part = { from: 0, to: size, lostAt: Math.floor(size / 2) }
      return { headers: whole, body: streamPart(output, picture, part) }
    }
    case 'html':
      return {
        headers: { 'content-type': 'text/html' },
        body: '<!doctype html><h1>Something went wrong</h1>',
      }
    case 'picture':
      return { headers: { 'content-type': 'image/png' }, body: PNG_START }
  }
}

const PNG_START = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])
