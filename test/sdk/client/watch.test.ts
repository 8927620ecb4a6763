/** Waiting for a job, while connections break. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Job } from '../../../src/sdk/client/index.ts'
import { type Answer, brokenAfter, json, lost, playing, problem, stream } from './server.ts'

beforeEach(() => {
  const setTimeoutNow = globalThis.setTimeout
  vi.stubGlobal('setTimeout', (run: () => void, ms: number) => setTimeoutNow(run, ms > 30_000 ? ms : 0))
})

let links = 0

/** Each response has new links, which are no change of the job. */
function aJob(fields: { status: string; progress?: number; settled_at?: string }): Answer {
  return () => {
    const outputs = [{ n: 0, url: `https://reelhook.test/link-${links++}`, url_expires_at: String(links) }]
    return Response.json({ id: 'job_1', settled_at: null, outputs, ...fields })
  }
}

const ended = { status: 'succeeded', settled_at: '2026-11-29T00:00:00.000Z' }
const first = 'retry: 2000\n\n'
const entry = (id: number) => `event: task.submitted\nid: evt_${id}\ndata: {"id":"evt_${id}"}\n\n`

function broken(...frames: string[]): Answer {
  return () =>
    new Response(brokenAfter(frames.join('')), { headers: { 'content-type': 'text/event-stream' } })
}

async function statesOf(jobs: AsyncIterable<Job>) {
  const states: [string, number | null | undefined][] = []
  for await (const { status, progress } of jobs) states.push([status, progress])
  return states.map(([status, progress]) => (progress == null ? status : `${status} ${progress}`))
}

describe('watch', () => {
  it('shows each state once, and ends with the job', async () => {
    const { reelhook, requests } = playing([
      stream(first, entry(1), entry(2)),
      aJob({ status: 'queued' }),
      stream(first, entry(3)),
      aJob({ status: 'queued' }),
      aJob(ended),
    ])
    expect(await statesOf(reelhook.watch('job_1'))).toEqual(['queued', 'succeeded'])
    expect(requests.map(({ url }) => new URL(url).pathname)).toEqual([
      '/v1/jobs/job_1/events',
      '/v1/jobs/job_1',
      '/v1/jobs/job_1/events',
      '/v1/jobs/job_1',
      '/v1/jobs/job_1',
    ])
  })

  it('continues after the last entry where a stream ends, and where it breaks', async () => {
    const { reelhook, requests } = playing([
      stream(first, entry(1)),
      aJob({ status: 'queued' }),
      broken(first, entry(2)),
      aJob({ status: 'generating' }),
      aJob({ status: 'generating' }),
      lost,
      stream(first, entry(3)),
      aJob({ status: 'storing' }),
      aJob(ended),
    ])
    expect(await statesOf(reelhook.watch('job_1'))).toEqual(['queued', 'generating', 'storing', 'succeeded'])
    const streams = requests.filter(({ url }) => url.endsWith('/events'))
    expect(streams.map(({ headers }) => headers.get('last-event-id'))).toEqual([
      null,
      'evt_1',
      'evt_2',
      'evt_2',
    ])
    expect(new Set(streams.map(({ headers }) => headers.get('accept')))).toEqual(
      new Set(['text/event-stream']),
    )
  })

  it('shows the progress, and does not ask after a heartbeat', async () => {
    const { reelhook, requests } = playing([
      () => {
        const frames = [
          `${first}${entry(1)}`,
          ': heartbeat\n\n',
          ': progress 40\n\n',
          `${entry(2).slice(0, 9)}`,
          entry(2).slice(9),
        ]
        return new Response(
          new ReadableStream<Uint8Array>({
            pull(controller) {
              const frame = frames.shift()
              if (frame === undefined) return controller.close()
              controller.enqueue(new TextEncoder().encode(frame))
            },
          }),
          { headers: { 'content-type': 'text/event-stream' } },
        )
      },
      aJob({ status: 'generating', progress: 10 }),
      aJob({ status: 'generating', progress: 40 }),
      aJob(ended),
    ])
    expect(await statesOf(reelhook.watch('job_1'))).toEqual(['generating 10', 'generating 40', 'succeeded'])
    expect(requests).toHaveLength(4)
  })

  it('shows a job that has ended already', async () => {
    const { reelhook } = playing([() => new Response(null, { status: 204 }), aJob(ended)])
    expect(await statesOf(reelhook.watch('job_1'))).toEqual(['succeeded'])
  })

  it('fails for a job that does not exist', async () => {
    const { reelhook } = playing([problem(404, 'not_found')])
    await expect(statesOf(reelhook.watch('job_0'))).rejects.toMatchObject({ code: 'not_found' })
  })

  it('reads frames with the line ends of Windows', async () => {
    const { reelhook } = playing([
      stream(first, entry(1)).bind(null),
      aJob({ status: 'queued' }),
      () =>
        new Response(`${first}${entry(2)}`.replaceAll('\n', '\r\n'), {
          headers: { 'content-type': 'text/event-stream' },
        }),
      aJob({ status: 'generating' }),
      aJob(ended),
    ])
    expect(await statesOf(reelhook.watch('job_1'))).toEqual(['queued', 'generating', 'succeeded'])
  })

  it('ends with the reason of its signal', async () => {
    const stop = new AbortController()
    const { reelhook } = playing([stream(first, entry(1)), aJob({ status: 'queued' }), stream(first)])
    const watching = (async () => {
      for await (const _ of reelhook.watch('job_1', { signal: stop.signal })) stop.abort(new Error('enough'))
    })()
    await expect(watching).rejects.toThrow('enough')
  })
})

describe('wait', () => {
  it('asks again until the job has ended, through broken connections', async () => {
    const waiting = aJob({ status: 'generating' })
    const { reelhook, requests } = playing([
      waiting,
      lost,
      lost,
      lost,
      lost,
      lost,
      lost,
      waiting,
      problem(503, 'unavailable'),
      aJob(ended),
    ])
    expect(await reelhook.wait('job_1')).toMatchObject({ status: 'succeeded' })
    expect(requests).toHaveLength(10)
    expect(requests[0]?.url).toBe('https://reelhook.test/v1/jobs/job_1?wait=60')
  })

  it.each([{ onChange: undefined }, { onChange: () => undefined }])(
    'says when its time is over ($onChange)',
    async ({ onChange }) => {
      const silent: Answer = (request) =>
        new Promise((_resolve, reject) =>
          request.signal.addEventListener('abort', () => reject(request.signal.reason)),
        )
      const { reelhook } = playing([silent])
      await expect(reelhook.wait('job_1', { timeoutMs: 10, onChange })).rejects.toMatchObject({
        code: 'timed_out',
        status: null,
        detail: 'The job has not ended after 0.01 s. It continues: wait for it again.',
      })
    },
  )

  it('calls onChange with each state', async () => {
    const { reelhook } = playing([
      stream(first, entry(1)),
      aJob({ status: 'queued' }),
      stream(first),
      aJob(ended),
    ])
    const seen: string[] = []
    const job = await reelhook.wait('job_1', { onChange: ({ status }) => void seen.push(status) })
    expect(seen).toEqual(['queued', 'succeeded'])
    expect(job.status).toBe('succeeded')
  })
})

describe('timeline', () => {
  it('is the list of all entries', async () => {
    const entries = [{ id: 'evt_1', type: 'job.created', created_at: '2026-11-29T00:00:00.000Z', data: {} }]
    const { reelhook, requests } = playing([json({ data: entries })])
    expect(await reelhook.timeline('job_1')).toEqual(entries)
    expect(requests[0]?.headers.get('accept')).toBe('application/json')
  })
})
