/** A Worker that makes one attempt of an export: of a video with `?bytes=`, to the bucket at TARGET. */
import { putObject } from '../../src/exports/put-object.ts'

interface Bindings {
  BUCKET: R2Bucket
  TARGET: string
}

export default {
  async fetch(request, { BUCKET, TARGET }) {
    const video = new Uint8Array(Number(new URL(request.url).searchParams.get('bytes'))).fill(5)
    const sha256 = new Uint8Array(await crypto.subtle.digest('SHA-256', video)).toHex()
    await BUCKET.put('video', video)
    const object = await BUCKET.get('video')
    if (object === null) throw new Error('the video is missing')
    const edges = {
      now: () => Date.now(),
      fetch: (put: Request, startTimers: () => void) => {
        startTimers()
        return fetch(put)
      },
    }
    const target = {
      endpoint: TARGET,
      bucket: 'shop-videos',
      region: 'auto',
      accessKeyId: 'the-access-key-id',
      secretAccessKey: 'the-secret-access-key',
      prefix: '',
    }
    const { body } = object
    const copy = { key: 'job/0.mp4', contentType: 'video/mp4', bytes: video.length, sha256, body }
    return Response.json(await putObject(edges, target, copy))
  },
} satisfies ExportedHandler<Bindings>
