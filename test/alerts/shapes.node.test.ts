/** The bodies for the three kinds of receivers, and the limits that Slack and Discord document. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { conditions } from '../../src/alerts/conditions/all.ts'
import { changeMessage, type Item, itemOf, type Message, testMessage } from '../../src/alerts/message.ts'
import { bodyOf, shapeOf } from '../../src/alerts/shapes/shape.ts'

const baseUrl = 'https://reelhook.example.com'
const raisedAt = Date.UTC(2026, 10, 29, 8, 15)

function anItem(name: string, kind: Item['kind'], changed: Partial<Item> = {}): Item {
  const news = {
    kind,
    at: raisedAt,
    since: raisedAt,
    value: 0.4,
    title: 'A title',
    text: 'A text.',
    page: '/jobs',
  }
  const item = itemOf(name, news, baseUrl)
  if (item === null) throw new Error(`there is no condition ${name}`)
  return { ...item, ...changed }
}

const loss = anItem('webhook_loss:runware', 'raised', {
  title: 'runware missed 40 % of its webhooks in the last 6 hours',
  text: 'Polls found the ends.',
  url: `${baseUrl}/jobs?status=failed&provider=runware`,
})
const overdue = anItem('jobs_overdue', 'cleared', {
  title: '3 jobs overdue',
  since: raisedAt - 45 * 60_000,
  unit: 'seconds',
  value: 0,
})

const section = z.strictObject({
  type: z.literal('section'),
  text: z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(3_000) }),
})
const header = z.strictObject({
  type: z.literal('header'),
  text: z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(150) }),
})
const slack = z.strictObject({
  text: z.string().min(1).max(4_000),
  blocks: z.array(z.discriminatedUnion('type', [section, header])).max(50),
})
const embed = z.strictObject({
  title: z.string().max(256),
  url: z.url(),
  description: z.string().max(4_096),
  color: z.int().min(0).max(0xff_ff_ff),
})
const discord = z
  .strictObject({
    content: z.string().min(1).max(2_000),
    embeds: z.array(embed).max(10),
    allowed_mentions: z.strictObject({ parse: z.tuple([]) }),
  })
  .refine(
    ({ embeds }) => embeds.reduce((sum, one) => sum + one.title.length + one.description.length, 0) <= 6_000,
  )

describe('the shape', () => {
  it.each([
    ['https://hooks.slack.com/services/T0/B0/x', 'slack'],
    ['https://discord.com/api/webhooks/1/x', 'discord'],
    ['https://ptb.discord.com/api/v10/webhooks/1/x?thread_id=2', 'discord'],
    ['https://discord.com/channels/1', 'webhook'],
    ['https://hooks.slack.com.example.com/services', 'webhook'],
    ['https://ops.example.com/alerts', 'webhook'],
  ])('of %s is %s', (url, shape) => {
    expect(shapeOf(url)).toBe(shape)
  })
})

describe('the same news', () => {
  it('are our JSON, in the form of Standard Webhooks', async () => {
    const message = await changeMessage([loss, overdue], baseUrl)
    expect(JSON.parse(bodyOf('webhook', message))).toEqual({
      type: 'alert.changed',
      timestamp: '2026-11-29T08:15:00.000Z',
      data: {
        text: 'Reelhook at reelhook.example.com: 2 alerts (1 raised, 1 cleared)',
        facts: [],
        alerts: [
          {
            name: 'webhook_loss:runware',
            state: 'raised',
            level: 'active',
            title: 'runware missed 40 % of its webhooks in the last 6 hours',
            text: 'Polls found the ends.',
            since: '2026-11-29T08:15:00.000Z',
            unit: 'share',
            value: 0.4,
            limit: 0.1,
            url: `${baseUrl}/jobs?status=failed&provider=runware`,
            runbook: 'Webhooks are lost',
          },
          expect.objectContaining({ name: 'jobs_overdue', state: 'cleared', value: 0, limit: 60 }),
        ],
        alerts_left_out: 0,
      },
    })
  })

  it("are Slack's text and blocks", async () => {
    const body = JSON.parse(bodyOf('slack', await changeMessage([loss, overdue], baseUrl)))
    expect(slack.parse(body)).toEqual({
      text: 'Reelhook at reelhook.example.com: 2 alerts (1 raised, 1 cleared)',
      blocks: [
        {
          type: 'header',
          text: {
            type: 'plain_text',
            text: 'Reelhook at reelhook.example.com: 2 alerts (1 raised, 1 cleared)',
          },
        },
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            text: [
              '*Raised: runware missed 40 % of its webhooks in the last 6 hours*',
              'Polls found the ends.',
              'Since 2026-11-29 08:15 UTC. It is 40 %; the limit is 10 %.',
              `<${baseUrl}/jobs?status=failed&amp;provider=runware|Open the page> · Runbook: src/runbook.md: Webhooks are lost`,
            ].join('\n'),
          },
        },
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            text: [
              '*Cleared: 3 jobs overdue*',
              'From 2026-11-29 07:30 UTC to 2026-11-29 08:15 UTC. It is 0 s; it clears below 1 min.',
              `<${baseUrl}/jobs|Open the page>`,
            ].join('\n'),
          },
        },
      ],
    })
  })

  it("are Discord's content and embeds", async () => {
    const body = JSON.parse(bodyOf('discord', await changeMessage([loss, overdue], baseUrl)))
    expect(discord.parse(body)).toEqual({
      content: '**Reelhook at reelhook.example.com: 2 alerts \\(1 raised, 1 cleared\\)**',
      embeds: [
        {
          title: 'Raised: runware missed 40 % of its webhooks in the last 6 hours',
          url: `${baseUrl}/jobs?status=failed&provider=runware`,
          description:
            'Polls found the ends.\nSince 2026-11-29 08:15 UTC. It is 40 %; the limit is 10 %.\nRunbook: src/runbook.md: Webhooks are lost',
          color: 0xef_6c_00,
        },
        {
          title: 'Cleared: 3 jobs overdue',
          url: `${baseUrl}/jobs`,
          description: 'From 2026-11-29 07:30 UTC to 2026-11-29 08:15 UTC. It is 0 s; it clears below 1 min.',
          color: 0x2e_7d_32,
        },
      ],
      allowed_mentions: { parse: [] },
    })
  })
})

describe('the limits of Slack and Discord', () => {
  const many = Array.from({ length: 200 }, (_, n) =>
    anItem(`callback_host_down:host-${n}`, 'raised', {
      title: `&<>*_@everyone ${'x'.repeat(400)}`,
      text: '<&>*_`|'.repeat(200),
    }),
  )
  const facts = Array.from({ length: 60 }, (_, n) => ({ name: `Fact ${n}`, text: '<&>'.repeat(50) }))

  it('hold for many long alerts and facts; what is left out is counted', async () => {
    const message: Message = { ...(await changeMessage(many, baseUrl)), facts }
    const [inSlack, inDiscord] = [bodyOf('slack', message), bodyOf('discord', message)]
    expect(slack.safeParse(JSON.parse(inSlack)).error).toBeUndefined()
    expect(discord.safeParse(JSON.parse(inDiscord)).error).toBeUndefined()
    expect(inSlack).toContain('and 160 more')
    expect(inDiscord).toMatch(/and 19\d more/)
    expect(JSON.parse(bodyOf('webhook', message)).data).toMatchObject({ alerts_left_out: 100 })
  })

  it('hold for a test', () => {
    const message = testMessage('alert_test_1', raisedAt, baseUrl)
    expect(slack.safeParse(JSON.parse(bodyOf('slack', message))).error).toBeUndefined()
    expect(discord.safeParse(JSON.parse(bodyOf('discord', message))).error).toBeUndefined()
  })
})

describe('text from outside', () => {
  const name = 'a <!channel> & @everyone *bold* [link](https://evil.example)'
  const item = anItem('budget_spent:key_1', 'raised', { title: `The budget of a key is spent: ${name}` })

  it('mentions nobody and links nowhere in Slack', async () => {
    const body = bodyOf('slack', await changeMessage([item], baseUrl))
    expect(body).toContain('a &lt;!channel&gt; &amp; @everyone')
    expect(body).not.toContain('<!channel>')
  })

  it('mentions nobody and links nowhere in Discord', async () => {
    const body = JSON.parse(bodyOf('discord', await changeMessage([item], baseUrl)))
    expect(body.embeds[0].title).toContain('@\u200Beveryone \\*bold\\* \\[link\\]\\(')
    expect(body.allowed_mentions).toEqual({ parse: [] })
  })
})

it('a condition clears below the limit that raises it, and has a name of its own', () => {
  for (const { name, raiseAt, clearBelow } of conditions)
    expect(clearBelow, name).toBeLessThanOrEqual(raiseAt)
  expect(new Set(conditions.map(({ name }) => name)).size).toBe(conditions.length)
})
