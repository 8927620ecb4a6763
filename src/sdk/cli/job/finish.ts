/** Waits for a job with a bar, saves its files, and prints its outcome. Shared by `generate` and `wait`. */
import { formatBytes, formatDuration } from '../../../core/format.ts'
import type { Job } from '../../client/index.ts'
import type { Cli } from '../cli.ts'
import { failureOf, Stop } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { about } from '../missing.ts'
import { plain } from '../text.ts'
import { type Bar, createBar, showJob } from './bar.ts'
import { type SavedFile, saveOutput } from './save.ts'
import { pathsOf, type Target } from './targets.ts'
import { costText, remedyOf, statusStyle } from './words.ts'

export interface Finished {
  job: Job
  files: SavedFile[]
}

interface Finishing {
  /** Null saves nothing. */
  target: Target | null
  /** The job continues after it. */
  timeoutSeconds?: number | undefined
}

/** A stream or a request that breaks is continued by the client. */
export async function finishJob(
  cli: Cli,
  id: string,
  { target, timeoutSeconds }: Finishing,
): Promise<Finished> {
  const bar = createBar(cli)
  try {
    bar.show('waiting', null)
    const ending = (await cli.client()).wait(id, {
      signal: cli.interrupted,
      onChange: (state) => showJob(bar, state),
      ...(timeoutSeconds !== undefined && { timeoutMs: timeoutSeconds * 1_000 }),
    })
    const job = await about('job', id, ending)
    const files = target === null ? [] : await saveAll(cli, job, { target, bar })
    if (job.status !== 'succeeded') cli.endWith(exitCodes.failed)
    return { job, files }
  } catch (error) {
    throw leftBehind(error, id, cli.interrupted.aborted)
  } finally {
    bar.clear()
  }
}

/** The command ends before the job, or before its file is saved. */
function leftBehind(error: unknown, id: string, isInterrupted: boolean): unknown {
  const failure = failureOf(error, isInterrupted)
  if (failure.exitCode !== exitCodes.unreachable && failure.exitCode !== exitCodes.interrupted) return error
  const remedy = `The job is not affected. Continue with: reelhook wait ${id} --output .`
  return new Stop({ ...failure, remedy, jobId: id }, { cause: error })
}

/** A failed job may have finished videos, which are saved too. */
async function saveAll(
  cli: Cli,
  job: Job,
  { target, bar }: { target: Target; bar: Bar },
): Promise<SavedFile[]> {
  const paths = await pathsOf(target, job)
  const files: SavedFile[] = []
  for (const [index, output] of job.outputs.entries()) {
    const path = paths[index]
    if (output.status !== 'stored' || path === undefined) continue
    const label = job.outputs.length === 1 ? 'saving' : `saving ${index + 1} of ${job.outputs.length}`
    bar.show(label, 0)
    const onProgress = (bytes: number) => bar.show(label, output.bytes ? bytes / output.bytes : null)
    files.push(await saveOutput(cli, output, { path, isForced: target.isForced, onProgress }))
  }
  return files
}

/** The paths go to stdout, for scripts; the rest is for people. */
export function printFinished(cli: Cli, { job, files }: Finished): void {
  const { log, out } = cli
  log.line(`${statusStyle(job.status, log.style)(job.status)}  ${factsOf(job).join(' · ')}`)
  if (job.fault !== null) log.line(`${plain(job.fault.message)} ${remedyOf(job)}`)
  if (job.cancellation !== null) log.line(plain(job.cancellation.message))
  for (const { path, message } of job.warnings)
    log.line(`${log.style.yellow('Warning:')} ${plain(path)} ${plain(message)}`)
  for (const { path, bytes } of files) {
    log.line(log.style.dim(`Saved, ${formatBytes(bytes)}, SHA-256 checked:`))
    out.line(path)
  }
}

function factsOf({ id, provider, cost, created_at, settled_at }: Job): string[] {
  const tookMs = settled_at === null ? null : Date.parse(settled_at) - Date.parse(created_at)
  return [id, provider, costText(cost), ...(tookMs === null ? [] : [formatDuration(tookMs)])].filter(
    (text) => text !== '',
  )
}
