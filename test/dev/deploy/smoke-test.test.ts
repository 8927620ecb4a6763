/** What the smoke test of a deployment says, for each way in which a deployment can be broken. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { smokeTest } from '../../../src/dev/deploy/smoke-test.ts'
import { aJobView, anOutputView, aTaskView } from '../../support/job-views.ts'

const url = 'https://reelhook.team.workers.dev'
const adminApiKey = 'the-admin-key-of-the-tests'
const file = new TextEncoder().encode('a video')
const sha256 = createHash('sha256').update(file).digest('hex')
const path = '/v1/jobs/job_01kbk6v3x6f9ja8c6mphr3z4aw'

const made: JobView = aJobView({
  status: 'succeeded',
  provider: 'simulator',
  settled_at: '2026-11-29T10:00:04.000Z',
  tasks: [aTaskView({ provider: 'simulator', status: 'succeeded', completed_via: 'webhook' })],
  outputs: [anOutputView({ url: `${url}${path}/outputs/0/0.mp4?expires=1&signature=s`, sha256 })],
})

type Routes = Record<string, (request: Request) => Response | Promise<Response>>

const problem =
  (status: number, detail: string, errors: unknown[] = []) =>
  () =>
    Response.json({ detail, errors }, { status })
const healthy = { status: 'ok' }

/** A Worker that works, except for these routes. */
async function run(broken: Routes = {}, key = adminApiKey) {
  const routes: Routes = {
    'GET /healthz?deep=1': () => Response.json({ ...healthy, checks: { database: { status: 'ok' } } }),
    'POST /v1/jobs': () => Response.json(aJobView(), { status: 202 }),
    [`GET ${path}?wait=15`]: () => Response.json(made),
    [`GET ${path}/outputs/0/0.mp4?expires=1&signature=s`]: () => new Response(file),
    [`POST ${path}/cancel`]: () => Response.json(aJobView({ status: 'canceled' })),
    [`DELETE ${path}?force=true`]: () => new Response(null, { status: 204 }),
    ...broken,
  }
  const calls: string[] = []
  const printed: string[] = []
  const fault = await smokeTest({
    url,
    adminApiKey: key,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const call = `${request.method} ${request.url.replace(url, '')}`
      calls.push(call)
      const isOpen = call.includes('/outputs/')
      const isKeyRight = request.headers.get('authorization') === `Bearer ${adminApiKey}`
      if (!(isOpen || isKeyRight)) return problem(401, 'Send the header "Authorization".')()
      const route = routes[call]
      return route === undefined ? new Response('404', { status: 404 }) : route(request)
    },
    print: (line) => printed.push(line),
  })
  return { fault, calls, printed: printed.join('\n') }
}

const job = (changes: Partial<JobView>) => ({
  [`GET ${path}?wait=15`]: () => Response.json({ ...made, ...changes }),
})

describe('the smoke test', () => {
  it('passes after a whole job, and erases it', async () => {
    const { fault, calls, printed } = await run()
    expect(fault).toBeNull()
    expect(calls.at(-1)).toBe(`DELETE ${path}?force=true`)
    expect(printed).toContain('its webhook came back')
    expect(printed).not.toContain(adminApiKey)
  })

  it('asks for a job that costs nothing', async () => {
    const bodies: unknown[] = []
    await run({
      'POST /v1/jobs': async (request) => {
        bodies.push(await request.json())
        return Response.json(aJobView(), { status: 202 })
      },
    })
    expect(bodies).toMatchObject([{ provider: 'simulator', retention_days: 1, deadline_seconds: 60 }])
  })
})

describe('the smoke test names what is wrong:', () => {
  it('another admin key', async () => {
    expect((await run({}, 'another-admin-key')).fault).toMatch(
      /^The Worker refuses the admin key: .* Deploy again/,
    )
  })

  it.each<[string, Routes, string]>([
    [
      'a check that is not ok',
      {
        'GET /healthz?deep=1': () =>
          Response.json({
            ...healthy,
            status: 'degraded',
            checks: {
              database: { status: 'ok' },
              cron: { status: 'degraded' },
              queues: { status: 'failed' },
            },
          }),
      },
      'The Worker is not healthy: cron is degraded, queues is failed.',
    ],
    [
      'a database that is down',
      { 'GET /healthz?deep=1': problem(503, 'Try again.', [{ path: 'database', message: 'is failed' }]) },
      'The Worker is not healthy: status 503, Try again. database is failed.',
    ],
    [
      'a refused job',
      { 'POST /v1/jobs': problem(507, 'The database is full.') },
      'No job was accepted: status 507, The database is full.',
    ],
  ])('%s', async (_, broken, expected) => {
    const { fault, calls } = await run(broken)
    expect(fault).toContain(expected)
    expect(calls.some((call) => call.startsWith('DELETE'))).toBe(false)
  })

  const lost = {
    code: 'unavailable',
    message: 'The provider did not respond.',
    remedy: '',
    retryable: true,
  } as const
  const open = { settled_at: null, outputs: [] }
  it.each<[string, Routes, RegExp]>([
    [
      'the webhook did not arrive',
      job({ tasks: [aTaskView({ status: 'succeeded', completed_via: 'poll' })] }),
      /ended by a poll, not by its webhook: .*\/webhooks\/.* Bot Fight Mode/,
    ],
    [
      'the Worker cannot call itself',
      job({ ...open, status: 'queued', tasks: [aTaskView({ status: 'deferred', fault: lost })] }),
      /not ended within 30 seconds: it is queued \(The provider did not respond\.\)\. .*Bot Fight Mode/,
    ],
    [
      'no queue consumer runs',
      job({ ...open, status: 'queued', tasks: [] }),
      /it is queued\. No queue consumer runs/,
    ],
    [
      'the job failed',
      job({ status: 'failed', fault: lost }),
      /^The job is failed: The provider did not respond/,
    ],
    [
      'links lead elsewhere',
      job({ outputs: [anOutputView({ url: 'https://old.example.com/v1/0.mp4?signature=secret' })] }),
      /lead elsewhere \(https:\/\/old\.example\.com\): set PUBLIC_BASE_URL to https:\/\/reelhook\.team/,
    ],
    [
      'the file is another one',
      { [`GET ${path}/outputs/0/0.mp4?expires=1&signature=s`]: () => new Response('another') },
      /opens another file than the stored one: its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}/,
    ],
    [
      'the link does not open',
      { [`GET ${path}/outputs/0/0.mp4?expires=1&signature=s`]: problem(404, 'There is no such file.') },
      /^The link to the file does not open it: status 404, There is no such file\.$/,
    ],
    [
      'the job is not erased',
      { [`DELETE ${path}?force=true`]: problem(409, 'Not yet.') },
      /cannot be erased/,
    ],
  ])('%s, and the job is erased', async (_, broken, expected) => {
    const { fault, calls } = await run(broken)
    expect(fault).toMatch(expected)
    expect(fault).not.toMatch(/signature|null|undefined/)
    expect(calls.at(-1)).toBe(`DELETE ${path}?force=true`)
  })
})
