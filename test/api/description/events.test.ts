/** The `webhooks` section of the description: every event, with an example that is like a real one. */
import { beforeAll, describe, expect, it } from 'vitest'
import { defaultEventTypes, eventTypes, nameIn } from '../../../src/core/event.ts'
import { erasureSchema } from '../../../src/core/event-body.ts'
import { jobViewSchema } from '../../../src/core/job/view-schema.ts'
import { erase } from '../../support/job-calls.ts'
import { api, untilNotified } from '../../support/reelhook.ts'
import { makeVideo } from '../../support/videos.ts'

interface Webhook {
  summary: string
  security: unknown[]
  parameters: { name: string; in: string }[]
  requestBody: { content: { 'application/json': { schema: unknown; example: Event } } }
  responses: Record<string, { description: string }>
}

interface Event {
  type: string
  timestamp: string
  data: Record<string, unknown>
}

let webhooks: Record<string, { post: Webhook }>

beforeAll(async () => {
  const document = await (await api('/openapi.json')).json<{ webhooks: typeof webhooks }>()
  webhooks = document.webhooks
})

function exampleOf(type: string): Event {
  const example = webhooks[type]?.post.requestBody.content['application/json'].example
  if (example === undefined) throw new Error(`${type} has no example`)
  return example
}

/** The names of all fields, at any depth. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf)
  if (typeof value !== 'object' || value === null) return 'a value'
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]))
}

describe('the description of the webhooks', () => {
  it('has every event with its meaning, its signature headers and the responses to it', () => {
    const inFormats = (['openai', 'openrouter'] as const).flatMap((format) =>
      defaultEventTypes.flatMap((type) => nameIn(format, type) ?? []),
    )
    expect(Object.keys(webhooks)).toEqual([...new Set([...eventTypes, ...inFormats, 'callback.test'])])
    for (const [type, { post }] of Object.entries(webhooks)) {
      expect(post.summary).toMatch(/./)
      expect(post.security).toEqual([])
      expect(post.parameters.map(({ name }) => name)).toEqual([
        'webhook-id',
        'webhook-timestamp',
        'webhook-signature',
        ...(type.startsWith('video.generation.')
          ? ['x-openrouter-signature', 'x-openrouter-idempotency-key']
          : []),
      ])
      const statuses = type === 'callback.test' ? ['200', '401'] : ['200', '410', '429', '500']
      expect(Object.keys(post.responses)).toEqual(statuses)
    }
  })

  it.each([...eventTypes])('has a complete example of %s', (type) => {
    const example = exampleOf(type)
    expect(example).toMatchObject({ type, timestamp: expect.stringMatching(/Z$/) })
    if (type === 'job.erased') return expect(erasureSchema.parse(example.data)).toEqual(example.data)
    const { output, ...job } = example.data
    expect(jobViewSchema.parse(job)).toEqual(job)
    expect(output !== undefined).toBe(type.startsWith('output.'))
  })

  it('says of each event in the format of another API which one it is', () => {
    expect(webhooks['video.failed']?.post.summary).toBe(
      'The event job.failed or job.canceled in the format openai',
    )
    expect(exampleOf('video.completed')).toMatchObject({
      object: 'event',
      data: { id: expect.stringMatching(/^job_/) },
    })
    expect(exampleOf('video.generation.cancelled').data).toMatchObject({ status: 'cancelled' })
  })

  it('has examples with the same fields as real events', async () => {
    const request = { callback_events: [...eventTypes], metadata: { order: '42' }, aspect_ratio: '16:9' }
    const { id } = await makeVideo(request)
    await untilNotified(id, 3)
    expect((await erase(id, '?force=true')).status).toBe(204)
    for (const { body } of await untilNotified(id, 4)) {
      const event: Event = JSON.parse(body)
      const example = exampleOf(event.type)
      const withoutRequest = ({ data: { request: _, ...data }, ...rest }: Event) => ({ ...rest, data })
      expect(shapeOf(withoutRequest(example)), event.type).toEqual(shapeOf(withoutRequest(event)))
    }
  })
})
