/**
 * The figures that conditions judge. The cron makes them of what it measures, and the overview of what the API shows. Null:
 * not measured, or not shown to the caller. No I/O.
 */
import type { FaultCode } from '../core/fault-codes.ts'
import type { Model, ProviderName } from '../core/request/choices.ts'

interface Work {
  overdue: number
  oldestOverdueSeconds: number | null
}

export interface Figures {
  jobs: (Work & { pastDeadline: number; ids: readonly string[] }) | null
  deliveries: (Work & { pending: number }) | null
  disabled: { endpoints: number; callbacks: number } | null
  /** `period`: the rest of the sentence, such as " in the last 24 hours". Empty: since the last message about them. */
  deadLetters: { count: number; period: string } | null
  /** With several databases, the shares of the fullest and of the emptiest one. */
  database: { bytes: number; maxBytes: number; fullest: number; emptiest: number } | null
  missingObjects: number | null
  parts: Parts | null
  oldestMessageSeconds: number | null
  /** The tasks whose end was noticed, and how many of these ends a poll noticed before any webhook. */
  webhooks: {
    period: string
    of: readonly { provider: ProviderName; ended: number; missed: number }[]
  } | null
  /** The tasks that succeeded, and those that failed through the provider. */
  tasks: {
    period: string
    of: readonly { provider: ProviderName; succeeded: number; failed: number }[]
  } | null
  /** The providers that refuse submissions repeatedly. */
  triedLast: readonly { provider: ProviderName; model: Model | null; fault: FaultCode }[] | null
  hosts: readonly { host: string; downSeconds: number; waiting: number }[] | null
  budgets: readonly { keyId: string; name: string; usedMicros: number; budgetMicros: number }[] | null
  /** `lateDay`: the day that should be exported and is not. Null: none. */
  nightlyExport: { lateDay: string | null } | null
  settings: { hasProvider: boolean; isGuarded: boolean } | null
}

interface Parts {
  isDatabaseSlow: boolean
  isBucketDown: boolean
  areQueuesDown: boolean
  isCronDown: boolean
  /** The purges that wait, if the oldest has waited for too long. */
  latePurges: number
}

export const noFigures: Figures = {
  jobs: null,
  deliveries: null,
  disabled: null,
  deadLetters: null,
  database: null,
  missingObjects: null,
  parts: null,
  oldestMessageSeconds: null,
  webhooks: null,
  tasks: null,
  triedLast: null,
  hosts: null,
  budgets: null,
  nightlyExport: null,
  settings: null,
}
