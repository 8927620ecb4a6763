/** The status of a job, a delivery or an endpoint, as a word with a color. */
const tones: Readonly<Record<string, 'good' | 'bad' | 'active' | 'quiet'>> = {
  queued: 'active',
  generating: 'active',
  storing: 'active',
  succeeded: 'good',
  failed: 'bad',
  canceled: 'quiet',
  pending: 'active',
  delivered: 'good',
  enabled: 'good',
  disabled: 'bad',
  down: 'bad',
  failing: 'bad',
  busy: 'active',
  passed: 'good',
}

/** A word that is not listed has no color. */
export function Status({ status }: { status: string }) {
  return <span class={`status ${tones[status] ?? 'quiet'}`}>{status}</span>
}
