/** Our own JSON, in the form of Standard Webhooks: type, timestamp, data. No I/O. */
import type { Item, Message } from '../message.ts'

const maxItems = 100

export function webhookBody({ type, at, heading, facts, items }: Message) {
  return {
    type,
    timestamp: new Date(at).toISOString(),
    data: {
      text: heading,
      facts,
      alerts: items.slice(0, maxItems).map(viewItem),
      alerts_left_out: Math.max(0, items.length - maxItems),
    },
  }
}

function viewItem({ name, kind, level, title, text, since, unit, value, limit, url, runbook }: Item) {
  const since_at = new Date(since).toISOString()
  return { name, state: kind, level, title, text, since: since_at, unit, value, limit, url, runbook }
}
