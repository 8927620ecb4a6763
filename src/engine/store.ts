/**
 * store: copy one output into R2 and read its header, a step each; after the last one, settle. Writing the same object twice is
 * harmless: its key is the job's and the output's number.
 */
import type { Context } from '../context.ts'
import { mayTryAgain, type Result } from '../core/fault.ts'
import { jobPrefix } from '../core/retention.ts'
import { copyWaitMs } from '../core/schedule.ts'
import { nothingKnown } from '../core/video-facts.ts'
import { viewFacts } from '../core/view.ts'
import { copyToBucket } from '../media/copy.ts'
import type { Kept } from '../media/keep.ts'
import { type Probe, probe } from '../media/probe.ts'
import { type Claim, type ClaimedJob, learn } from '../store/claim.ts'
import type { Step } from '../store/commit.ts'
import type { DeliveryDraft } from '../store/deliveries.ts'
import { draftEvent, type EventDraft } from '../store/events.ts'
import type { Output, WaitingOutput } from '../store/outputs.ts'
import type { Task } from '../store/tasks.ts'
import { keepLease } from './keep-lease.ts'
import { settle } from './settle.ts'
import { tell } from './tell.ts'

export async function store(context: Context, claim: Claim): Promise<Step> {
  const { job, tasks, outputs } = claim
  // The least tried first: one whose source is in trouble does not hold up the others.
  const [output] = outputs
    .filter((output) => output.status === 'waiting')
    .sort((a, b) => a.attempts - b.attempts)
  if (output === undefined) return settle(context, claim)

  const startedAt = context.now()
  const task = tasks.find(({ n }) => n === output.taskN)
  const isDeadly = await isHeaderDeadly(context, job, output.n)
  const { source, copied } = await copyOrRenew(context, job, output, task)
  const durationMs = context.now() - startedAt
  const header = copied.ok && !isDeadly ? await probe(context.bucket, copied.value) : unread
  const result = resultOf(output, source, copied, header, context.now())
  const events = result.status === 'waiting' ? [] : [outputEvent(result, header, context.now())]
  context.log('output.stored', {
    ...{ job_id: job.id, provider: task?.provider, output: output.n, attempt: output.attempts + 1 },
    ...{ duration_ms: durationMs, bytes: copied.ok ? copied.value.bytes : undefined },
    fault: copied.ok ? undefined : copied.fault.code,
    header_trouble: copied.ok ? (header.trouble ?? undefined) : undefined,
  })

  const known = learn(claim, { outputs: [result] })
  const told = await Promise.all(events.map((event) => tellStored(context, known, result, event)))
  const learned = { outputs: [result], events, deliveries: told.flat() }
  const waiting = known.outputs.filter(({ status }) => status === 'waiting')
  if (waiting.length === 0) return after(learned, await settle(context, known))
  const isFresh = waiting.some(({ attempts }) => attempts < result.attempts) || result.status !== 'waiting'
  const waitMs = copyWaitMs(result.attempts) ?? 0
  return { status: 'storing', ...learned, next: isFresh ? 'now' : { waitMs } }
}

const unread: Probe = { facts: nothingKnown, trouble: 'reading it once ended the step before its time' }

/**
 * A step that died with this output stored already may have died of its header, which can ask for more memory than
 * there is: it is not read again.
 */
async function isHeaderDeadly({ bucket }: Context, job: ClaimedJob, n: number): Promise<boolean> {
  if (!job.isTakenOver) return false
  const { objects } = await bucket.list({ prefix: `${prefixOf(job)}${n}.`, limit: 1 })
  return objects.length > 0
}

async function tellStored(
  context: Context,
  claim: Claim,
  output: Output,
  event: EventDraft,
): Promise<DeliveryDraft[]> {
  if (output.status !== 'stored') return []
  return tell(context, claim, { ...event, type: 'output.stored' }, output.n)
}

type Learned = Required<Pick<Step, 'outputs' | 'events' | 'deliveries'>>

/** The job's end, with what came just before it in the same commit. */
function after(learned: Learned, settled: Step): Step {
  return {
    ...settled,
    outputs: learned.outputs,
    events: [...learned.events, ...(settled.events ?? [])],
    deliveries: [...learned.deliveries, ...(settled.deliveries ?? [])],
  }
}

/** Copies; where the link has run out, asks the provider for a fresh one and copies from that. */
async function copyOrRenew(
  context: Context,
  job: ClaimedJob,
  output: WaitingOutput,
  task: Task | undefined,
): Promise<{ source: string; copied: Result<Kept> }> {
  const copy = (url: string) => copyOutput(context, job, output.n, url)
  const copied = await copy(output.sourceUrl)
  if (copied.ok || copied.fault.code !== 'media_expired') return { source: output.sourceUrl, copied }
  const fresh = task === undefined ? undefined : await freshUrl(context, task, output)
  return fresh === undefined
    ? { source: output.sourceUrl, copied }
    : { source: fresh, copied: await copy(fresh) }
}

function copyOutput(context: Context, job: ClaimedJob, n: number, url: string): Promise<Result<Kept>> {
  const { fetch, guard, bucket, config } = context
  const limits = { hosts: config.outputHosts, maxBytes: config.maxOutputBytes }
  const settings = { fetch, guard, bucket, ...limits, onProgress: keepLease(context, job) }
  return copyToBucket(settings, url, (extension) => `${prefixOf(job)}${n}.${extension}`)
}

function prefixOf({ id, request }: ClaimedJob): string {
  return jobPrefix(id, request.retention_days)
}

async function freshUrl(context: Context, task: Task, output: WaitingOutput): Promise<string | undefined> {
  const { providerTaskId } = task
  if (providerTaskId === null) return undefined
  const answer = await context.providers[task.provider]?.check({ ...task, providerTaskId })
  if (answer === undefined || !answer.ok || answer.value.state !== 'done') return undefined
  return answer.value.outputs.find(({ id }) => id === output.remoteId)?.url
}

function resultOf(
  output: WaitingOutput,
  sourceUrl: string,
  copied: Result<Kept>,
  { facts }: Probe,
  nowMs: number,
): Output {
  const attempts = output.attempts + 1
  if (copied.ok) {
    return { ...output, ...copied.value, attempts, sourceUrl, status: 'stored', storedAt: nowMs, facts }
  }
  const isOver = !mayTryAgain(copied.fault.code) || copyWaitMs(attempts) === null
  if (isOver) return { ...output, attempts, sourceUrl, status: 'failed', fault: copied.fault }
  return { ...output, attempts, sourceUrl }
}

function outputEvent(output: Exclude<Output, WaitingOutput>, { trouble }: Probe, nowMs: number) {
  const { n } = output
  switch (output.status) {
    case 'stored': {
      const { bytes, sha256, facts } = output
      const said = { n, bytes, sha256, ...viewFacts(facts), ...(trouble && { header_trouble: trouble }) }
      return draftEvent('output.stored', said, nowMs)
    }
    case 'failed':
      return draftEvent(
        'output.failed',
        { n, fault: output.fault.code, message: output.fault.message },
        nowMs,
      )
  }
}
