/**
 * The row of a job in an export, for accounting and audits: no prompt and no URL. The command and the nightly export share
 * it. No I/O. No clock.
 */

/** A job as the API shows it. */
interface ShownJob {
  id: string
  created_at: string
  settled_at: string | null
  status: string
  model: string
  provider: string
  request: {
    resolution?: string | undefined
    duration?: number | string | undefined
    count?: number | undefined
  }
  cost: { amount_usd?: number | undefined; credits?: number | undefined; source: string } | null
  cancellation: { may_still_be_billed: boolean } | null
  fault: { code: string } | null
  outputs: readonly { status: string; bytes: number | null; sha256: string | null }[]
  retry_of: string | null
}

/** The columns, in order. Amounts are decimal text, because a binary fraction changes them. */
export function exportRow(job: ShownJob) {
  const stored = job.outputs.filter(({ status }) => status === 'stored')
  const { resolution, duration, count } = job.request
  return {
    id: job.id,
    created_at: job.created_at,
    settled_at: job.settled_at,
    status: job.status,
    model: job.model,
    provider: job.provider,
    resolution: text(resolution),
    duration: text(duration),
    count: text(count),
    amount_usd: decimal(job.cost?.amount_usd),
    credits: decimal(job.cost?.credits),
    cost_source: job.cost?.source ?? null,
    may_still_be_billed: text(job.cancellation?.may_still_be_billed),
    fault_code: job.fault?.code ?? null,
    outputs: String(stored.length),
    output_bytes: list(stored.map(({ bytes }) => String(bytes))),
    output_sha256: list(stored.map(({ sha256 }) => String(sha256))),
    retry_of: job.retry_of,
  }
}

/** The API rounds to six digits. Without an exponent, and without zeros at the end. */
export function decimal(amount: number | undefined): string | null {
  return amount === undefined ? null : amount.toFixed(6).replace(/\.?0+$/, '')
}

function text(value: string | number | boolean | undefined): string | null {
  return value === undefined ? null : String(value)
}

function list(values: string[]): string | null {
  return values.length === 0 ? null : values.join(' ')
}
