/** The measures of each interval, and the rise that still counts as flat. */
import type { Tolerance } from './slopes.ts'

export interface Measure extends Tolerance {
  label: string
  unit: string
  /** A restart resets it, so only points of the same process are compared. */
  isOfProcess?: true
  /** It depends on the other work of the machine, so it is shown and not judged. */
  ofMachine?: true
}

export const measures = {
  heap: { label: 'JS heap after a collection', unit: 'MiB', atLeast: 2, share: 0.1, isOfProcess: true },
  memory: {
    label: 'memory of workerd',
    unit: 'MiB',
    atLeast: 64,
    share: 0.2,
    minMinutes: 10,
    isOfProcess: true,
  },
  database: { label: 'database in use', unit: 'KiB', atLeast: 256, share: 0.15, minMinutes: 10 },
  rows: { label: 'database rows', unit: '', atLeast: 200, share: 0.15, minMinutes: 10 },
  objects: { label: 'R2 objects', unit: '', atLeast: 30, share: 0.2, minMinutes: 10 },
  unsettled: { label: 'unsettled jobs', unit: '', atLeast: 6, share: 0.4 },
  pending: { label: 'pending deliveries', unit: '', atLeast: 8, share: 0.4 },
  overdue: { label: 'overdue rows', unit: '', atLeast: 4, share: 0.4 },
  oldest: { label: 'oldest overdue row', unit: 's', atLeast: 30, share: 0.4 },
  post: { label: 'POST /v1/jobs', unit: 'ms', atLeast: 25, share: 0.3, ofMachine: true },
  floor: { label: 'twenty reads of D1', unit: 'ms', atLeast: 25, share: 0.3, ofMachine: true },
  postShare: { label: 'POST, in times of those reads', unit: '', atLeast: 1.5, share: 0.4 },
  finish: { label: 'time to finish', unit: 's', atLeast: 3, share: 0.3 },
  delivery: { label: 'time to delivery', unit: 'ms', atLeast: 500, share: 0.5 },
} as const satisfies Record<string, Measure>

export type MeasureName = keyof typeof measures

export const measureNames: readonly MeasureName[] = [
  'heap',
  'memory',
  'database',
  'rows',
  'objects',
  'unsettled',
  'pending',
  'overdue',
  'oldest',
  'post',
  'floor',
  'postShare',
  'finish',
  'delivery',
]

/** One interval. Null: nothing of the kind happened in it. */
export interface Sample {
  atMs: number
  /** Which process of the Worker, from 1. */
  process: number
  processAgeMs: number
  values: Record<MeasureName, number | null>
}
