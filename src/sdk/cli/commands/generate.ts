/** `generate`: one video from a prompt, from the estimate to the saved file. It never buys twice. */
import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import type { Job, JobRequest } from '../../client/index.ts'
import type { Cli } from '../cli.ts'
import { failureOf, Stop, usageFault } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { finishJob, printFinished } from '../job/finish.ts'
import { checkTarget, type Target } from '../job/targets.ts'
import { seconds } from '../options.ts'
import { askToConfirm } from '../prompts.ts'
import { buildRequest } from '../request/build.ts'
import { estimateOf, estimateText } from '../request/estimate.ts'
import { deleteUploads } from '../request/media.ts'
import { addVideoOptions, mediaHelp, type VideoOptions } from '../request/options.ts'

interface GenerateOptions extends VideoOptions {
  idempotencyKey?: string
  output: string
  force?: boolean
  wait: boolean
  timeout?: number
  yes?: boolean
}

export function addGenerate(program: Command, cli: Cli): void {
  addVideoOptions(
    program
      .command('generate')
      .description('Make a video, wait for it, and save it')
      .argument('[prompt]', 'what the video shows; - reads it from stdin'),
  )
    .option(
      '--idempotency-key <key>',
      'repeat a command with it and nothing is bought twice (default: a random one)',
    )
    .option('--output <file|folder>', 'where to save', '.')
    .option('--force', 'overwrite a file')
    .option('--no-wait', 'only create the job, and print its id')
    .option('--timeout <seconds>', 'how long to wait: 90, 10m, 2h; the job continues after it', seconds)
    .option('--yes', 'do not ask before money is spent')
    .addHelpText('after', help)
    .action((prompt: string | undefined, options: GenerateOptions) => generate(cli, prompt, options))
}

const help = `
${mediaHelp}

Money: on a terminal the estimate is shown and confirmed. Without one, --yes or
--max-cost is required. If the connection fails, the request is repeated with
the same idempotency key, so that one video is bought. --verbose and --json
print the key on stderr before the request.

Ctrl-C ends the command, not the job: "reelhook wait" continues.

stdout: the path of each saved file; with --no-wait the id of the job.
JSON:   { job, files: [{ n, path, bytes, sha256 }], idempotency_key }
        with the job as in GET /v1/jobs/{id}.`

async function generate(cli: Cli, given: string | undefined, options: GenerateOptions): Promise<void> {
  const target = { output: options.output, isForced: options.force === true }
  const idempotencyKey = options.idempotencyKey ?? `cli_${randomUUID()}`
  requireConsent(cli, options)
  await cli.settings()
  if (options.wait) await checkTarget(target, options.count ?? 1)
  const { request, uploaded } = await buildRequest(cli, given, options)
  if (!options.yes && cli.canAsk() && !(await isConfirmed(cli, request))) {
    await deleteUploads(cli, uploaded)
    throw new Stop({ exitCode: exitCodes.interrupted, code: 'declined', message: 'Nothing was bought.' })
  }
  const job = await createJob(cli, request, idempotencyKey)
  await finish(cli, job, { options, target, idempotencyKey })
}

/** Nothing can be confirmed in a script, so it names its limit or agrees in advance. It learns this at its first run. */
function requireConsent(cli: Cli, { yes, maxCost }: GenerateOptions): void {
  if (yes || maxCost !== undefined || cli.canAsk()) return
  throw usageFault(
    'Spending money needs a confirmation, and there is no terminal to ask on.',
    'Add --max-cost with an amount in US dollars, or --yes.',
  )
}

async function isConfirmed(cli: Cli, request: JobRequest): Promise<boolean> {
  const estimate = await estimateOf(cli, request)
  return askToConfirm(cli, `${estimateText(estimate)}. Make it?`)
}

/** The key is known before the request is sent: whatever happens, a repetition with it meets the same job. */
async function createJob(cli: Cli, request: JobRequest, idempotencyKey: string): Promise<Job> {
  if (cli.flags().json || cli.flags().verbose) cli.log.line(`idempotency_key ${idempotencyKey}`)
  try {
    return await (await cli.client()).create(request, { idempotencyKey, signal: cli.interrupted })
  } catch (error) {
    const failure = failureOf(error, cli.interrupted.aborted)
    const isUnknown = failure.exitCode === exitCodes.unreachable || failure.exitCode === exitCodes.interrupted
    if (!isUnknown) throw error
    const remedy = `Whether the job was created is unknown. Repeat the command with --idempotency-key ${idempotencyKey}: nothing is bought twice.`
    throw new Stop({ ...failure, remedy, idempotencyKey }, { cause: error })
  }
}

interface Finishing {
  options: GenerateOptions
  target: Target
  idempotencyKey: string
}

async function finish(cli: Cli, job: Job, { options, target, idempotencyKey }: Finishing): Promise<void> {
  if (!options.wait) {
    if (cli.flags().json) return cli.json({ job, files: [], idempotency_key: idempotencyKey })
    cli.log.line(`The job is ${job.status}. Wait for it with: reelhook wait ${job.id} --output .`)
    return cli.out.line(job.id)
  }
  if (!cli.flags().json) cli.log.line(cli.log.style.dim(`${job.id} at ${job.provider}`))
  const finished = await finishJob(cli, job.id, { target, timeoutSeconds: options.timeout })
  if (cli.flags().json) cli.json({ ...finished, idempotency_key: idempotencyKey })
  else printFinished(cli, finished)
}
