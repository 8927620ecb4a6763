/** `export`: jobs, costs and hashes as NDJSON or CSV, the oldest first. */
import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ListJobsQuery } from '../../client/generated/api.ts'
import type { Job } from '../../client/index.ts'
import { patientRetry } from '../../client/transport.ts'
import type { Cli } from '../cli.ts'
import { type Stop, usageFault } from '../errors.ts'
import { csvLine } from '../export/csv.ts'
import { continueAfter } from '../export/file.ts'
import { type RowOptions, rowOf } from '../export/rows.ts'
import { checkFolder, isFolder } from '../job/targets.ts'
import { collect, knownValues } from '../options.ts'
import { addPeriodOptions, pagesOf } from '../pages.ts'

export function addExport(program: Command, cli: Cli): void {
  const command = program
    .command('export')
    .description('Export jobs, costs and hashes, the oldest first')
    .addOption(new Option('--format <format>', 'the format').choices(['ndjson', 'csv']).default('ndjson'))
    .option('--output <file>', 'a new file instead of stdout')
    .option('--resume', 'continue the file of --output after its last whole row')
    .option('--after <job>', 'only jobs after this one: the last that you have', jobId)
    .addOption(new Option('--status <status>', 'only jobs with this status').choices(statuses))
    .addOption(knownValues('--provider <provider>', 'only jobs whose provider now is this one', 'provider'))
    .addOption(knownValues('--model <model>', 'only jobs of this model', 'model'))
  addPeriodOptions(command, 'jobs')
    .option('--metadata-column <key>', 'a column for this metadata; can be repeated', collect)
    .option('--with-requests', 'a column with the request: prompts, and what the key sees of URLs')
    .option('--with-running', 'also jobs that have not ended, as they are now')
    .addHelpText('after', help)
    .hook('preAction', () => check(cli, command.opts()))
    .action((options: ExportOptions) => exportJobs(cli, options))
}

const statuses = ['succeeded', 'failed', 'canceled'] as const

const help = `
A row is a job as the API key sees it; an erased job has none. Without
--with-running the export ends before the first job that has not ended, so the
next one with --resume, or with --after and the last id, has no gap and no
repetition. With --status jobs that have not ended are passed over.`

interface ExportOptions {
  format: 'ndjson' | 'csv'
  output?: string
  resume?: true
  after?: string
  status?: ListJobsQuery['status']
  provider?: ListJobsQuery['provider']
  model?: ListJobsQuery['model']
  since?: string
  until?: string
  metadataColumn?: string[]
  withRequests?: true
  withRunning?: true
}

async function check({ faults }: Cli, { output, resume, after }: ExportOptions): Promise<void> {
  if (resume && output === undefined)
    faults.note(usageFault('--resume needs the file.', 'Add --output.').failure)
  if (resume && after !== undefined)
    faults.note(usageFault('--resume and --after do not go together.', 'Use one of them.').failure)
  if (output === undefined) return
  if (resume) await faults.check(() => checkFolder(output))
  else await faults.check(() => checkNew(output))
}

async function checkNew(output: string): Promise<void> {
  await checkFolder(output)
  if (await isFolder(output)) throw usageFault(`${output} is a folder.`, 'Give --output a file.')
  if (await isThere(output)) throw taken(output)
}

function taken(output: string): Stop {
  return usageFault(`The file ${output} is already there.`, 'Continue it with --resume, or use another name.')
}

async function exportJobs(cli: Cli, options: ExportOptions): Promise<void> {
  const { output, resume } = options
  const isContinued = resume === true && output !== undefined && (await isThere(output))
  const after = isContinued ? ((await continueAfter(output)) ?? undefined) : options.after
  const isBegun = isContinued && (await stat(output)).size > 0
  const rows = Readable.from(linesOf(cli, { ...options, after }, isBegun))
  const signal = cli.interrupted
  // A pipeline reads the next page only when the one before is written.
  if (output === undefined) return pipeline(rows, cli.stdout, { end: false, signal })
  try {
    await pipeline(rows, createWriteStream(output, { flags: isContinued ? 'a' : 'wx' }), { signal })
  } catch (error) {
    throw isTaken(error) ? taken(output) : error
  }
}

async function* linesOf(
  cli: Cli,
  options: Omit<ExportOptions, 'after'> & { after: string | undefined },
  isBegun: boolean,
): AsyncGenerator<string> {
  const rowOptions: RowOptions = {
    metadataColumns: options.metadataColumn ?? [],
    hasRequests: options.withRequests === true,
  }
  let hasTitles = isBegun || options.format === 'ndjson'
  let jobs = 0
  for await (const job of jobsOf(cli, options)) {
    if (job.settled_at === null && !options.withRunning) {
      cli.log.line(`Ended before ${job.id}, which has not ended. Continue later.`)
      break
    }
    const row = rowOf(job, rowOptions)
    if (!hasTitles) yield csvLine(Object.keys(row))
    hasTitles = true
    yield options.format === 'csv' ? csvLine(Object.values(row)) : `${JSON.stringify(row)}\n`
    jobs++
  }
  cli.note(`${jobs} jobs`)
}

async function* jobsOf(
  cli: Cli,
  { status, provider, model, since, until, after }: Parameters<typeof linesOf>[1],
): AsyncGenerator<Job> {
  const api = await cli.api()
  const query = {
    order: 'asc' as const,
    limit: 100,
    ...(status && { status }),
    ...(provider && { provider }),
    ...(model && { model }),
    ...(since && { created_after: since }),
    ...(until && { created_before: until }),
  }
  let isFirst = true
  const read = (page: { cursor?: string }) => {
    // A wrong address fails soon; an export that has begun outlasts a deployment that is away for some minutes.
    const retry = isFirst ? {} : { retry: patientRetry }
    isFirst = false
    return api.listJobs({ query: { ...query, ...page } }, { ...cli.call, ...retry })
  }
  for await (const { data } of pagesOf(read, after)) yield* data
}

function jobId(text: string): string {
  if (!/^job_[0-9a-z]{26}$/.test(text)) throw new InvalidArgumentError('It must be the id of a job.')
  return text
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}
