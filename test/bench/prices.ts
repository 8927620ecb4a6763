/**
 * Cloudflare's prices on the Workers Paid plan beyond the quotas, in US dollars per million units, as published in November
 * 2026: developers.cloudflare.com/workers/platform/pricing, /d1/platform/pricing, /queues/platform/pricing and /r2/pricing.
 */
import type { Counters } from './floor-calls.ts'

export const pricesOf = '2026-11'

const dollarsPerMillion = {
  invocations: 0.3,
  cpuMs: 0.02,
  rowsRead: 0.001,
  rowsWritten: 1,
  queueOperations: 0.4,
  bucketClassA: 4.5,
  bucketClassB: 0.36,
}

/** A message of at most 64 KB is written, read and deleted. */
const operationsPerMessage = 3

export interface Bill {
  /** Units of one job. */
  units: Record<keyof typeof dollarsPerMillion, number>
  /** Dollars for a million jobs. */
  dollars: Record<keyof typeof dollarsPerMillion, number>
  total: number
}

export function billOf(counters: Counters, cpuMs: number): Bill {
  const { invocations, rowsRead, rowsWritten, messages, bucketClassA, bucketClassB } = counters
  const units = {
    invocations,
    cpuMs,
    rowsRead,
    rowsWritten,
    queueOperations: messages * operationsPerMessage,
    bucketClassA,
    bucketClassB,
  }
  const dollars = {
    invocations: invocations * dollarsPerMillion.invocations,
    cpuMs: cpuMs * dollarsPerMillion.cpuMs,
    rowsRead: rowsRead * dollarsPerMillion.rowsRead,
    rowsWritten: rowsWritten * dollarsPerMillion.rowsWritten,
    queueOperations: units.queueOperations * dollarsPerMillion.queueOperations,
    bucketClassA: bucketClassA * dollarsPerMillion.bucketClassA,
    bucketClassB: bucketClassB * dollarsPerMillion.bucketClassB,
  }
  return { units, dollars, total: Object.values(dollars).reduce((sum, amount) => sum + amount, 0) }
}
