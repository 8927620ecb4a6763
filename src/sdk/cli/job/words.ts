/** How a job is shown: in the table and by itself. No I/O. */
import { formatUsd } from '../../../core/format.ts'
import type { Job } from '../../client/index.ts'
import type { Style } from '../output.ts'
import type { Column } from '../table.ts'
import { ageOf, plain } from '../text.ts'

export type Cost = Job['cost']

export function jobColumns(style: Style, nowMs = Date.now()): Column<Job>[] {
  return [
    { title: 'Job', cell: ({ id }) => id },
    { title: 'Status', cell: shortStatus, paint: (text, { status }) => statusStyle(status, style)(text) },
    { title: 'Age', cell: ({ created_at }) => ageOf(created_at, nowMs), isRight: true, rank: 4 },
    { title: 'Cost', cell: ({ cost }) => costText(cost), isRight: true, rank: 5 },
    { title: 'Provider', cell: ({ provider }) => provider, rank: 2 },
    { title: 'Model', cell: ({ model }) => model, rank: 1 },
    { title: 'Prompt', cell: ({ request }) => promptOf(request), isFlexible: true, rank: 3 },
  ]
}

/** Without the reason of a failure, for which a table has no room. */
function shortStatus(job: Job): string {
  return job.status === 'failed' ? job.status : statusOf(job)
}

export function statusOf({ status, progress, fault }: Job): string {
  if (status === 'generating' && progress !== null) return `generating ${Math.floor(progress)} %`
  return status === 'failed' && fault !== null ? `failed: ${fault.code}` : status
}

export function statusStyle(status: Job['status'], style: Style): (text: string) => string {
  switch (status) {
    case 'succeeded':
      return style.green
    case 'failed':
      return style.red
    case 'canceled':
      return style.dim
    case 'queued':
    case 'generating':
    case 'storing':
      return style.cyan
  }
}

/** An estimate has a mark. */
export function costText(cost: Cost): string {
  if (cost === null) return ''
  const mark = cost.source === 'provider' ? '' : '~'
  return cost.amount_usd === undefined
    ? `${mark}${'credits' in cost ? cost.credits : 0} credits`
    : mark + formatUsd(cost.amount_usd)
}

/** The advice about a failure, with commands in the place of the API's routes and fields. */
export function remedyOf({ id, fault }: Pick<Job, 'id' | 'fault'>): string {
  return plain(fault?.remedy ?? '')
    .replaceAll('GET /v1/jobs/{id}/answers', `reelhook job ${id} --answers`)
    .replaceAll('max_cost_usd', '--max-cost')
}

export function promptOf({ prompt }: { prompt?: string }): string {
  return plain(prompt ?? '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
