/** The text of all metrics, and the alert rules that users copy. */
import { describe, expect, it } from 'vitest'
import { familiesOf } from '../../../src/api/metrics/families.ts'
import type { Readings } from '../../../src/api/metrics/readings.ts'
import { writeOpenMetrics, writePlain } from '../../../src/api/metrics/text.ts'
import rules from '../../../src/recipes/prometheus-rules.yml?raw'

const readings: Readings = {
  nowMs: 1_000_000,
  sizes: [4_096, 8_192],
  totals: [
    { provider: 'crun', name: 'failed', n: 1 },
    { provider: 'crun', name: 'fault_moderated', n: 1 },
    { provider: 'crun', name: 'finish_60', n: 2 },
    // Of another database.
    { provider: 'crun', name: 'failed', n: 2 },
    { provider: 'crun', name: 'usd', n: 1_500_000 },
  ],
  unsettled: [{ provider: 'crun', status: 'queued', count: 3 }],
  backlog: {
    jobs: { overdue: 1, oldestDueAt: 990_000, leaseExpired: 0, beyondDeadline: 0, first: ['job_1'] },
    deliveries: { pending: 2, parked: 1, retrying: 1, oldestCreatedAt: null, overdue: 0, oldestDueAt: null },
    deadLetters: 0,
    lost: 0,
    purges: { waiting: 0, oldestAt: null },
  },
  recent: { delivered: 5, failed: 1 },
  slots: [{ provider: 'crun', taken: 2, waiting: 1 }],
  triedLast: [{ provider: 'crun', model: null, sinceMs: 1, untilMs: 2_000_000, fault: 'auth' }],
  disabled: { endpoints: 0, callbacks: 0 },
  reconciliation: { last: { objects: 1, rows: 1, removed: 0, lost: 0, finishedAt: 5_000 } },
  budgets: { keys: 1, nearlyUsed: 1, used: 0 },
  alerts: new Map([['say "hi"\\', 1]]),
  waiting: { count: 0, oldestAt: null },
}
const limits = { crun: 4 }
const families = familiesOf(readings, { version: '1.2.3', providers: ['crun'], limits })
const lines = writeOpenMetrics(families).split('\n')

describe('the text', () => {
  it('adds the totals of all databases, and shows the money in dollars', () => {
    expect(lines).toContain('reelhook_jobs_ended_total{provider="crun",status="failed"} 3')
    expect(lines).toContain('reelhook_cost_usd_total{provider="crun"} 1.5')
    expect(lines).toContain('reelhook_provider_tried_last{provider="crun"} 1')
    expect(lines).toContain('reelhook_jobs_overdue_age_seconds 10')
    expect(lines).toContain('reelhook_database_size_bytes{database="1"} 8192')
  })

  it('escapes label values', () => {
    expect(lines).toContain('reelhook_alerts_raised{alert="say \\"hi\\"\\\\"} 1')
  })

  it('has each family once, with a help text of one line that needs no escapes', () => {
    const names = families.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { name, help, type } of families) {
      expect(name).toMatch(/^reelhook_[a-z0-9_]+$/)
      expect(help).toMatch(/^[^\\"\n]+\.$/)
      expect(type === 'counter' && name.endsWith('_total')).toBe(false)
    }
  })

  it('counts a time in every bucket that ends after it', () => {
    // Bucket 60 is from 56 to 68 seconds.
    const buckets = lines.filter((line) => line.startsWith('reelhook_job_time_to_finish_seconds_bucket'))
    expect(buckets.find((line) => line.includes('le="39.1"'))).toMatch(/ 0$/)
    expect(buckets.find((line) => line.includes('le="81.1"'))).toMatch(/ 2$/)
  })
})

describe('the alert rules', () => {
  it('use only metrics that exist', () => {
    const samples = new Set(writePlain(families).match(/^reelhook_\w+/gm))
    const used = new Set(rules.match(/\breelhook_\w+/g))
    expect(used.size).toBeGreaterThan(8)
    expect([...used].filter((name) => !samples.has(name))).toEqual([])
  })
})
