/** An alert, for the examples of the description. */
import { viewAlerts } from '../alerts/view.ts'

export function exampleAlerts(secret: string) {
  const changedAt = Date.UTC(2026, 10, 21, 8, 15)
  const evidence = {
    kind: 'raised',
    at: changedAt,
    since: changedAt,
    value: 0.4,
    title: 'runware missed 40 % of its webhooks in the last 6 hours',
    text: 'Polls found the ends, so no job is lost, but jobs end later.',
    page: '/jobs?provider=runware',
  }
  const row = {
    name: 'webhook_loss:runware',
    isRaised: true,
    opposed: 0,
    changedAt,
    sentAt: changedAt + 2_000,
    evidence: JSON.stringify(evidence),
  }
  return viewAlerts([row], { receiver: 'webhook', secret })
}
