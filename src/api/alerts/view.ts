/** The states of alerts, as the API shows them. */
import { z } from '@hono/zod-openapi'
import { readNews, readSender } from '../../alerts/evidence.ts'
import { conditionOf } from '../../alerts/message.ts'
import { type AlertRow, senderName, summaryName } from '../../store/alerts.ts'

const time = z.iso.datetime().nullable()

const alertSchema = z.object({
  name: z.string().meta({
    description: 'The condition, and after a colon its subject, such as webhook_loss:runware.',
  }),
  condition: z.string(),
  level: z
    .enum(['bad', 'active'])
    .meta({ description: 'bad: something is broken. active: it may become so.' }),
  state: z.enum(['raised', 'cleared']),
  title: z.string(),
  text: z.string().meta({ description: 'The meaning and the remedy.' }),
  page: z.string().meta({ description: 'The path of a page that shows more.' }),
  runbook: z.string().nullable().meta({ description: 'The part of src/runbook.md.' }),
  value: z.number().meta({ description: 'At the last change, in the unit.' }),
  unit: z.enum(['count', 'share', 'seconds']),
  raise_at: z.number().meta({ description: 'Raised from this value on, after two checks in a row.' }),
  clear_below: z.number().meta({ description: 'Cleared below this value, after five checks in a row.' }),
  since: z.iso.datetime().meta({ description: 'When it was last raised.' }),
  changed_at: z.iso.datetime(),
  sent_at: time.meta({
    description: 'When the receiver accepted the last message about it. Null: it is sent again each minute.',
  }),
})

export const alertsSchema = z
  .object({
    receiver: z.enum(['webhook', 'slack', 'discord']).nullable().meta({
      description: 'The shape of the messages, chosen by the host of ALERT_URL. Null: it is not set.',
    }),
    secret: z.string().nullable().meta({
      description: 'Verifies messages of the shape webhook (Standard Webhooks). Null for the other shapes.',
    }),
    last_sent_at: time.meta({ description: 'When the receiver last accepted a message.' }),
    last_error: z.string().nullable().meta({ description: 'Why it did not accept the last message.' }),
    last_summary_at: time,
    data: z.array(alertSchema).meta({
      description: 'The alerts that were raised at least once. Those that are raised now come first.',
    }),
  })
  .openapi('Alerts')

export type AlertsView = z.infer<typeof alertsSchema>

export function viewAlerts(
  rows: readonly AlertRow[],
  { receiver, secret }: Pick<AlertsView, 'receiver' | 'secret'>,
): AlertsView {
  const sender = rows.find(({ name }) => name === senderName)
  const summary = rows.find(({ name }) => name === summaryName)
  const data = rows.flatMap((row) => viewAlert(row) ?? [])
  return {
    receiver,
    secret,
    last_sent_at: written(sender?.sentAt),
    last_error: readSender(sender?.evidence ?? '{}').error,
    last_summary_at: written(summary?.sentAt),
    data: data.sort((one, two) => Number(one.state !== 'raised') - Number(two.state !== 'raised')),
  }
}

/** Null: it was never raised. */
function viewAlert({
  name,
  isRaised,
  changedAt,
  sentAt,
  evidence,
}: AlertRow): AlertsView['data'][number] | null {
  const condition = conditionOf(name)
  const news = readNews(evidence)
  if (condition === undefined || news === null) return null
  const { level, unit, raiseAt, clearBelow, runbook } = condition
  const { title, text, page, value, since } = news
  return {
    name,
    condition: condition.name,
    level,
    state: isRaised ? 'raised' : 'cleared',
    title,
    text,
    page,
    runbook,
    value,
    unit,
    raise_at: raiseAt,
    clear_below: clearBelow,
    since: new Date(since).toISOString(),
    changed_at: new Date(changedAt).toISOString(),
    sent_at: written(sentAt),
  }
}

function written(at: number | null | undefined): string | null {
  return at == null ? null : new Date(at).toISOString()
}
