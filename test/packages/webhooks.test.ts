/** The published `openai` package verifies and reads a delivery in its format. */
import OpenAI from 'openai'
import { expect, it } from 'vitest'
import { createClient } from '../../src/dev/local/client.ts'
import { listen } from '../support/listen.ts'
import { createKey, markedPrompt, url } from './support.ts'

it('openai.webhooks.unwrap accepts the event of a video, and refuses a forged one', async () => {
  const { key, callback_secret: secret } = await createKey()
  const received = Promise.withResolvers<{ body: string; headers: Headers }>()
  const receiver = await listen(async (request) => {
    received.resolve({ body: await request.text(), headers: new Headers(request.headers) })
    return new Response()
  })
  try {
    const job = await createClient(url, key).post('/v1/jobs', {
      model: 'seedance-2.0-mini',
      prompt: markedPrompt(),
      callback_url: `${receiver.url}/hook`,
      callback_format: 'openai',
    })
    const { id } = job as { id: string }
    const { body, headers } = await received.promise
    const { webhooks } = new OpenAI({ apiKey: 'unused', webhookSecret: secret })
    expect(await webhooks.unwrap(body, headers)).toEqual({
      id: headers.get('webhook-id'),
      object: 'event',
      created_at: expect.any(Number),
      type: 'video.completed',
      data: { id },
    })
    await expect(webhooks.unwrap(`${body} `, headers)).rejects.toThrow(/signature/)
  } finally {
    await receiver.close()
  }
})
