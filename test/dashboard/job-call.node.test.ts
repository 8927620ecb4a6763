/** The request of a job as code: what runs it posts the same request. */
import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { curlOfCall, typescriptOfCall } from '../../src/api/docs/calls.ts'
import { bodyOf, jobCall } from '../../src/dashboard/job-call.ts'
import { aJobView } from '../support/job-views.ts'

const hostile = `it's "quoted" $HOME \`id\` \\ </script> \u2028 {{image:1}}\n\u0642\u0627 !!`
const { request } = aJobView()
const asked = {
  ...request,
  prompt: hostile,
  generate_audio: false,
  metadata: { "it's": hostile },
  callback_url: 'https://caller.test/hook?a=b&c=d',
}
const sent = {
  model: 'seedance-2.0-mini',
  prompt: hostile,
  duration: 5,
  resolution: '480p',
  generate_audio: false,
  count: 1,
  provider: 'runware',
  callback_url: 'https://caller.test/hook?a=b&c=d',
  callback_events: ['job.succeeded', 'job.failed', 'job.canceled'],
  callback_format: 'reelhook',
  metadata: { "it's": hostile },
  deadline_seconds: 1_800,
}

it('the curl command gives curl the same request, whatever is in its texts, and no key', () => {
  const command = curlOfCall(jobCall('https://reelhook.test', bodyOf(asked)))
  const env = { ...process.env, REELHOOK_API_KEY: 'rh_secret' }
  const script = `curl() { for word in "$@"; do printf '%s\\0' "$word"; done; }\n${command}`
  const { stdout, status } = spawnSync('sh', ['-c', script], { env, encoding: 'utf8' })
  const [url, , authorization, , type, , body = ''] = stdout.split('\0')
  expect([status, url, authorization, type]).toEqual([
    0,
    'https://reelhook.test/v1/jobs',
    'Authorization: Bearer rh_secret',
    'Content-Type: application/json',
  ])
  expect(JSON.parse(body)).toEqual(sent)
  expect(command).toContain('$REELHOOK_API_KEY')
})

it('the TypeScript posts the same request', async () => {
  // It has no types, so it runs as it is.
  const code = typescriptOfCall(jobCall('https://reelhook.test', bodyOf(asked)))
  const calls: [string, RequestInit][] = []
  const fetchIt = async (url: string, init: RequestInit) => {
    calls.push([url, init])
    return Response.json({})
  }
  const run = new Function('fetch', 'process', 'console', `return (async () => {${code}})()`)
  await run(fetchIt, { env: { REELHOOK_API_KEY: 'rh_secret' } }, { log: () => undefined })
  const [[url, init] = ['', {}]] = calls
  expect([url, init.method, init.headers]).toEqual([
    'https://reelhook.test/v1/jobs',
    'POST',
    { Authorization: 'Bearer rh_secret', 'Content-Type': 'application/json' },
  ])
  expect(JSON.parse(String(init.body))).toEqual(sent)
})

it('a second submission is in the code only if the caller allowed it', () => {
  expect(bodyOf(request)).not.toHaveProperty('resubmit_unknown')
  expect(bodyOf({ ...request, resubmit_unknown: true })).toMatchObject({ resubmit_unknown: true })
})
