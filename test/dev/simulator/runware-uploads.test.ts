import { describe, expect, it } from 'vitest'
import { aRunwareTask, aSimulator } from './a-simulator.ts'

const uploadEndpoint = 'https://storage.example.test/put-here?signature=abc'

interface Put {
  headers: Headers
  bytes: Uint8Array | 'broken'
  at: number
}

/** Submits with an upload endpoint, advances the clock by ten minutes, and returns the received uploads and webhooks. */
async function run(directive: string, overrides = {}) {
  const puts: Put[] = []
  const received: { body: { videoURL?: string }; at: number }[] = []
  let now = 0
  const sim = aSimulator({
    fetch: async (request) => {
      if (request.url !== uploadEndpoint) {
        received.push({ body: await request.json(), at: now })
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
  await sim.runware(task)
  for (; now < 600; now++) await sim.advance(1_000)
  const [output] = sim.simulator.tasks()[0]?.outputs ?? []
  const made = sim.simulator.mediaOf(output?.outputId ?? '')
  const bytes = new Uint8Array(await new Response(made?.stream() ?? null).arrayBuffer())
  return { sim, task, puts, received, made: bytes }
}

describe('Runware, with an uploadEndpoint,', () => {
  it('uploads the raw video once, with its length, before the webhook', async () => {
    const { puts, received, made } = await run('megabytes=1')
    expect(puts.map(({ bytes }) => bytes)).toEqual([made])
    expect(puts[0]?.headers.get('content-length')).toBe('1000000')
    expect(puts[0]?.headers.get('content-type')).toBe('video/mp4')
    expect(puts[0]?.at).toBeLessThanOrEqual(received[0]?.at ?? 0)
    expect(received[0]?.body).toHaveProperty('videoURL')
  })

  it('logs the response to the upload, and does not retry it', async () => {
    const { sim } = await run('')
    const sent = sim.simulator.log().filter(({ what }) => what === 'upload.sent')
    expect(sent.map(({ status }) => status)).toEqual([503])
  })

  it('uploads nothing for a failed result', async () => {
    expect((await run('fail=provider')).puts).toEqual([])
  })

  it('uploads nothing without an uploadEndpoint', async () => {
    expect((await run('', { uploadEndpoint: undefined })).puts).toEqual([])
  })
})

describe('an upload, by directive,', () => {
  it('is never sent', async () => {
    const { puts, received } = await run('put=never')
    expect([puts, received.length]).toEqual([[], 1])
  })

  it('is sent twice', async () => {
    const { puts, made } = await run('put=twice')
    expect(puts.map(({ bytes }) => bytes)).toEqual([made, made])
  })

  it.each([
    ['late', 10],
    ['too-late', 300],
  ] as const)('is sent %s, %i s after the webhook', async (put, seconds) => {
    const { puts, received } = await run(`put=${put}`)
    expect(puts.map(({ at }) => at - (received[0]?.at ?? 0))).toEqual([seconds])
  })

  it('has no length', async () => {
    const { puts, made } = await run('put=chunked')
    expect(puts[0]?.headers.get('content-length')).toBeNull()
    expect(puts[0]?.bytes).toEqual(made)
  })

  it('is sent by half', async () => {
    const { puts } = await run('put=truncated, megabytes=1')
    expect(puts.map(({ bytes }) => bytes)).toEqual(['broken'])
    expect(puts[0]?.headers.get('content-length')).toBe('1000000')
  })

  it.each([
    ['html', 'text/html', '<!do'],
    ['picture', 'image/png', '\x89PNG'],
  ])('is not a video: %s', async (put, contentType, start) => {
    const { puts } = await run(`put=${put}`)
    expect(puts[0]?.headers.get('content-type')).toBe(contentType)
    const first = [...(puts[0]?.bytes ?? [])].slice(0, 4)
    expect(first).toEqual([...start].map((character) => character.charCodeAt(0)))
  })

  it('is sent before the response to the submit if the webhook is early', async () => {
    const { puts } = await run('webhook=early')
    expect(puts.map(({ at }) => at)).toEqual([0])
  })

  it('is the only copy if the result has no link', async () => {
    const { received, sim, task } = await run('link=none')
    expect(received.map(({ body }) => body)).toMatchObject([
      { status: 'success', videoUUID: expect.any(String) },
    ])
    expect(received[0]?.body).not.toHaveProperty('videoURL')
    const { data } = (await sim.getStatus(task.taskUUID)).body
    expect(data).toMatchObject([{ status: 'success' }])
    expect(data[0]).not.toHaveProperty('videoURL')
  })
})
