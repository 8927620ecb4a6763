/** What may stand in a log, and what may not. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { callbackSecret } from './support/caller.ts'
import { postJob, untilStatus, untilSubmitted, untilTold } from './support/reelhook.ts'
import { fetchWith } from './support/runtime.ts'
import { callerUrl, publicBaseUrl, world } from './support/world.ts'

const secrets = () => [
  'a very private prompt',
  'token-of-the-caller',
  'the-query-of-a-picture',
  callbackSecret,
  env.SIGNING_SECRET,
  env.ADMIN_API_KEY,
  env.RUNWARE_API_KEY,
  env.CRUN_API_KEY,
  'signature=',
  '/webhooks/',
]

const request = {
  prompt: 'a very private prompt',
  reference_images: ['https://example.com/boat.png?key=the-query-of-a-picture'],
  callback_url: `${callerUrl}/hook?token=token-of-the-caller`,
  callback_secret: callbackSecret,
}

it('tells of the work, never of the secrets and prompts in it', async () => {
  for (const provider of ['runware', 'crun']) {
    world.caller.answerNext(() => new Response('no', { status: 500 }))
    const { id } = await postJob({ ...request, provider })
    await untilSubmitted(id)
    await world.advance(10_000)
    await untilStatus(id, 'succeeded')
    await untilTold(id)
  }
  const text = JSON.stringify(world.logs)
  for (const event of ['job.accepted', 'task.submitted', 'webhook.heard', 'output.stored', 'job.settled']) {
    expect(text).toContain(event)
  }
  for (const secret of secrets()) expect(text).not.toContain(secret)
})

it('keeps what a failing database would repeat of a job out of the log', async () => {
  const broken = new Proxy(env.DB, {
    get: (database, name) =>
      name === 'batch'
        ? () => Promise.reject(new Error('D1 is down'))
        : Reflect.get(database, name).bind(database),
  })
  const response = await fetchWith(
    { DB: broken },
    new Request(`${publicBaseUrl}/v1/jobs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'seedance-2.0-mini', ...request }),
    }),
  )
  expect(response.status).toBe(500)
  const [line] = world.logs.filter(({ event }) => event === 'request.failed')
  expect(line?.fields).toMatchObject({ error: 'Error: D1 is down' })
  expect(await response.json()).toMatchObject({ code: 'internal' })
  for (const secret of secrets()) expect(JSON.stringify(world.logs)).not.toContain(secret)
})
