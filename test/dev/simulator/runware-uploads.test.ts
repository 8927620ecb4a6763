import { describe, expect, it } from 'vitest'
import { aRunwareTask, aSimulator } from './a-simulator.ts'

const uploadEndpoint = 'https://storage.example.test/put-here?signature=abc'

interface Put {
  headers: Headers
  bytes: Uint8Array | 'broken'
  at: number
}

/** Submits with an upload endpoint, and lets ten minutes pass; what came there, and what the webhooks said. */
async function live(directive: string, overrides = {}) {
  const puts: Put[] = []
  const told: { body: { videoURL?: string }; at: number }[] = []
  let now = 0
  const stand = aSimulator({
    fetch: async (request) => {
      if (request.url !== uploadEndpoint) {
        told.push({ body: await request.json(), at: now })
        return new Response()
      }
      expect(request.method).toBe('PUT')
      const bytes = await request.arrayBuffer().then(
        (buffer) => new Uint8Array(buffer),
        () => 'broken' as const,
      )
      puts.push({ headers: request.headers, bytes, at: now })
      return new Response(null, { status: 503 })
    },
  })
  const positivePrompt = directive === '' ? 'a paper boat' : `a paper boat sim(${directive})`
  const task = aRunwareTask({ uploadEndpoint, positivePrompt, ...overrides })
  await stand.runware(task)
  for (; now < 600; now++) await stand.advance(1_000)
  const [output] = stand.simulator.tasks()[0]?.outputs ?? []
  const made = stand.simulator.mediaOf(output?.outputId ?? '')
  const bytes = new Uint8Array(await new Response(made?.stream() ?? null).arrayBuffer())
  return { stand, task, puts, told, made: bytes }
}

describe('Runware, given an uploadEndpoint,', () => {
  it('uploads the video once, raw and of known length, before it rings', async () => {
    const { puts, told, made } = await live('megabytes=1')
    expect(puts.map(({ bytes }) => bytes)).toEqual([made])
    expect(puts[0]?.headers.get('content-length')).toBe('1000000')
    expect(puts[0]?.headers.get('content-type')).toBe('video/mp4')
    expect(puts[0]?.at).toBeLessThanOrEqual(told[0]?.at ?? 0)
    expect(told[0]?.body).toHaveProperty('videoURL')
  })

  it('writes down what it was answered, and does not come again', async () => {
    const { stand } = await live('')
    const sent = stand.simulator.log().filter(({ what }) => what === 'upload.sent')
    expect(sent.map(({ status }) => status)).toEqual([503])
  })

  it('uploads nothing of what failed', async () => {
    expect((await live('fail=provider')).puts).toEqual([])
  })

  it('uploads nothing where none is given', async () => {
    expect((await live('', { uploadEndpoint: undefined })).puts).toEqual([])
  })
})

describe('an upload, on request,', () => {
  it('never comes', async () => {
    const { puts, told } = await live('put=never')
    expect([puts, told.length]).toEqual([[], 1])
  })

  it('comes twice', async () => {
    const { puts, made } = await live('put=twice')
    expect(puts.map(({ bytes }) => bytes)).toEqual([made, made])
  })

  it.each([
    ['late', 10],
    ['too-late', 300],
  ] as const)('comes %s, %i s after the end was told', async (put, seconds) => {
    const { puts, told } = await live(`put=${put}`)
    expect(puts.map(({ at }) => at - (told[0]?.at ?? 0))).toEqual([seconds])
  })

  it('says nothing of its length', async () => {
    const { puts, made } = await live('put=chunked')
    expect(puts[0]?.headers.get('content-length')).toBeNull()
    expect(puts[0]?.bytes).toEqual(made)
  })

  it('breaks off halfway', async () => {
    const { puts } = await live('put=truncated, megabytes=1')
    expect(puts.map(({ bytes }) => bytes)).toEqual(['broken'])
    expect(puts[0]?.headers.get('content-length')).toBe('1000000')
  })

  it.each([
    ['html', 'text/html', '<!do'],
    ['picture', 'image/png', '\x89PNG'],
  ])('is no video: %s', async (put, contentType, start) => {
    const { puts } = await live(`put=${put}`)
    expect(puts[0]?.headers.get('content-type')).toBe(contentType)
    const first = [...(puts[0]?.bytes ?? [])].slice(0, 4)
    expect(first).toEqual([...start].map((character) => character.charCodeAt(0)))
  })

  it('comes before the submit is answered, where the webhook does', async () => {
    const { puts } = await live('webhook=early')
    expect(puts.map(({ at }) => at)).toEqual([0])
  })

  it('is all there is: the end has no link', async () => {
    const { told, stand, task } = await live('link=none')
    expect(told.map(({ body }) => body)).toMatchObject([{ status: 'success', videoUUID: expect.any(String) }])
    expect(told[0]?.body).not.toHaveProperty('videoURL')
    const { data } = (await stand.look(task.taskUUID)).body
    expect(data).toMatchObject([{ status: 'success' }])
    expect(data[0]).not.toHaveProperty('videoURL')
  })
})
