/** The OpenAI Videos dialect: the requests of programs that speak it, byte by byte, as their sources write them. */
import { describe, expect, it } from 'vitest'
import { aFile, bytesIn, joined } from '../../support/assets.ts'
import { api, untilStatus } from '../../support/reelhook.ts'
import { finish } from '../../support/videos.ts'
import { getVideo, type Video } from '../../support/videos-dialect.ts'
import litellm from './fixtures/litellm.json'
import n8n from './fixtures/n8n.json'
import newApi from './fixtures/new-api.json'

interface Recorded {
  does: string
  method: string
  path: string
  headers: Record<string, string | undefined>
  body: string | null
  status: number
}

const clients: { client: string; requests: Recorded[] }[] = [n8n, litellm, newApi]

/** The fixtures have a mark in the place of the picture. */
function bodyOf(body: string): Uint8Array<ArrayBuffer> {
  const [before = '', after] = body.split('<png>')
  return after === undefined ? bytesIn(before) : joined([bytesIn(before), aFile('image/png'), bytesIn(after)])
}

async function send({ method, path, headers, body }: Recorded, id: string): Promise<Response> {
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return api(path.replaceAll('{id}', id), {
    method,
    headers: Object.fromEntries(given),
    ...(body !== null && { body: bodyOf(body) }),
  })
}

describe.each(clients)('$client', ({ requests }) => {
  it('gets what it expects', async () => {
    let id = ''
    for (const request of requests) {
      const response = await send(request, id)
      expect([request.does, response.status]).toEqual([request.does, request.status])
      if (request.path !== '/openai/v1/videos' || request.method !== 'POST') {
        await response.arrayBuffer()
        continue
      }
      const video = await response.json<Video>()
      // n8n stops at any error that is not null, and all of them read these.
      expect(video).toMatchObject({ status: 'queued', error: null, progress: 0 })
      id = video.id
      await finish(id)
      await untilStatus(id, 'succeeded')
      expect(await getVideo(id)).toMatchObject({ status: 'completed', error: null })
    }
  })
})
