/** A job as its caller sees it, made from its stored rows. No I/O. */

import { addCosts, type Cost, type Estimates } from '../cost.ts'
import type { OutputExport } from '../export.ts'
import { type Fault, faults, isRetryable } from '../fault.ts'
import { isoOrNull } from '../iso.ts'
import type { ProviderName } from '../request/choices.ts'
import type { JobRequest } from '../request/request.ts'
import { traceIdOf } from '../trace.ts'
import { noMetadata, type VideoMetadata } from '../video-metadata.ts'
import { cancellationOf } from './cancellation.ts'
import { costOfJob, costOfTask } from './cost.ts'
import type { JobStatus } from './job.ts'
import type { CompletionSource, TaskStatus } from './task.ts'
import type { JobView } from './view-schema.ts'

/** The rows that a view is made from. */
export interface JobRows {
  job: {
    id: string
    status: JobStatus
    provider: ProviderName
    progress: number | null
    request: JobRequest
    warnings: { path: string; message: string }[]
    fault: Fault | null
    estimates: Estimates
    retryOf: string | null
    traceparent: string | null
    createdAt: number
    deadlineAt: number
    settledAt: number | null
    eraseAt: number | null
    prunedAt: number | null
  }
  outputs: readonly ({
    n: number
    isUnconfirmed?: boolean
    isLate?: boolean
    export?: OutputExport | undefined
  } & (
    | { status: 'waiting' }
    | { status: 'stored'; contentType: string; bytes: number; sha256: string; metadata: VideoMetadata }
    | { status: 'failed'; fault: Fault }
  ))[]
  tasks: readonly {
    provider: ProviderName
    providerTaskId: string | null
    wanted: number
    status: TaskStatus
    unknownAt: number | null
    completedVia: CompletionSource | null
    cost: Cost | null
    submittedAt: number | null
    endedAt: number | null
    fault: Fault | null
  }[]
}

export interface Link {
  url: string
  expiresAt: number
}

export function viewJob({ job, outputs, tasks }: JobRows, links: ReadonlyMap<number, Link>): JobView {
  return {
    id: job.id,
    status: job.status,
    model: job.request.model,
    provider: job.provider,
    progress: job.progress,
    request: job.request,
    warnings: job.warnings,
    outputs: outputs.map((output) => viewOutput(output, links.get(output.n))),
    tasks: tasks.map((task) => ({
      provider: task.provider,
      provider_task_id: task.providerTaskId,
      status: task.status,
      completed_via: task.completedVia,
      cost: roundedCost(costOfTask(job, tasks, task)),
      submitted_at: isoOrNull(task.submittedAt),
      ended_at: isoOrNull(task.endedAt),
      fault: viewFault(task.fault),
    })),
    fault: viewFault(job.fault),
    cancellation: job.status === 'canceled' ? cancellationOf(tasks) : null,
    cost: costOfJob(job, tasks),
    metadata: job.request.metadata,
    retry_of: job.retryOf,
    trace_id: traceIdOf(job),
    created_at: new Date(job.createdAt).toISOString(),
    deadline_at: new Date(job.deadlineAt).toISOString(),
    settled_at: isoOrNull(job.settledAt),
    erase_at: isoOrNull(job.eraseAt),
    pruned_at: isoOrNull(job.prunedAt),
  }
}

function roundedCost(cost: Cost | null): Cost | null {
  return addCosts([cost])
}

function viewOutput(output: JobRows['outputs'][number], link: Link | undefined): JobView['outputs'][number] {
  const stored = output.status === 'stored' ? output : null
  return {
    n: output.n,
    status: output.status,
    url: link?.url ?? null,
    url_expires_at: isoOrNull(link?.expiresAt ?? null),
    content_type: stored?.contentType ?? null,
    bytes: stored?.bytes ?? null,
    sha256: stored?.sha256 ?? null,
    ...viewMetadata(stored?.metadata ?? noMetadata),
    unconfirmed: output.isUnconfirmed === true,
    late: output.isLate === true,
    export: output.export === undefined ? null : viewExport(output.export),
    fault: output.status === 'failed' ? viewFault(output.fault) : null,
  }
}

function viewExport({ status, url, key, exportedAt, error }: OutputExport) {
  return { status, url, key, exported_at: isoOrNull(exportedAt), error }
}

export function viewMetadata(metadata: VideoMetadata) {
  return {
    width: metadata.width,
    height: metadata.height,
    duration_seconds: metadata.durationSeconds,
    frame_rate: metadata.frameRate,
    video_codec: metadata.videoCodec,
    audio_codec: metadata.audioCodec,
    has_audio: metadata.hasAudio,
  }
}

/** Callers do not see a fault's evidence. */
function viewFault(fault: Fault | null): JobView['fault'] {
  if (fault === null) return null
  const { code, message } = fault
  return { code, message, remedy: faults[code].remedy, retryable: isRetryable(code) }
}
