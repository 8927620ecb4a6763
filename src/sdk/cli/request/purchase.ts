/** What `generate` and `retry` share: the options of a purchase, one Idempotency-Key for all attempts, and its end. */
import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import type { Job } from '../../client/index.ts'
import type { Cli } from '../cli.ts'
import { failureOf, Stop, usageFault } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { finishJob, printFinished } from '../job/finish.ts'
import type { Target } from '../job/targets.ts'
import { seconds } from '../options.ts'

export interface PurchaseOptions {
  idempotencyKey?: string
  output: string
  force?: boolean
  wait: boolean
  timeout?: number
  yes?: boolean
}

export function addPurchaseOptions(command: Command): Command {
  return command
    .option(
      '--idempotency-key <key>',
      'repeat a command with it and nothing is bought twice (default: a random one)',
    )
    .option('--output <file|folder>', 'where to save', '.')
    .option('--force', 'overwrite a file')
    .option('--no-wait', 'only create the job, and print its id')
    .option('--timeout <seconds>', 'how long to wait: 90, 10m, 2h; the job continues after it', seconds)
    .option('--yes', 'do not ask before money is spent')
}

export const purchaseHelp = `If the connection fails, the request is repeated with the same idempotency key,
so that one video is bought. --verbose and --json print the key on stderr before
the request.

Ctrl-C ends the command, not the job: "reelhook wait" continues.

stdout: the path of each saved file; with --no-wait the id of the job.
JSON:   { job, files: [{ n, path, bytes, sha256 }], idempotency_key }
        with the job as in GET /v1/jobs/{id}.`

export interface Purchase {
  target: Target
  idempotencyKey: string
  options: PurchaseOptions
}

export function purchaseOf(options: PurchaseOptions): Purchase {
  const target = { output: options.output, isForced: options.force === true }
  return { target, idempotencyKey: options.idempotencyKey ?? `cli_${randomUUID()}`, options }
}

/** Nothing can be confirmed in a script, so it agrees in advance. It learns this at its first run. */
export function consentIsMissing(remedy: string): Stop {
  return usageFault('Spending money needs a confirmation, and there is no terminal to ask on.', remedy)
}

export function nothingBought(): Stop {
  return new Stop({ exitCode: exitCodes.interrupted, code: 'declined', message: 'Nothing was bought.' })
}

/** The key is known before the request is sent: whatever happens, a repetition with it meets the same job. */
export async function buy(
  cli: Cli,
  { target, idempotencyKey, options }: Purchase,
  send: (idempotencyKey: string) => Promise<Job>,
): Promise<void> {
  if (cli.flags().json || cli.flags().verbose) cli.log.line(`idempotency_key ${idempotencyKey}`)
  const job = await send(idempotencyKey).catch((error: unknown) => {
    throw keyInHand(error, idempotencyKey, cli.interrupted.aborted)
  })
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

function keyInHand(error: unknown, idempotencyKey: string, isInterrupted: boolean): unknown {
  const failure = failureOf(error, isInterrupted)
  const isUnknown = failure.exitCode === exitCodes.unreachable || failure.exitCode === exitCodes.interrupted
  if (!isUnknown) return error
  const remedy = `Whether the job was created is unknown. Repeat the command with --idempotency-key ${idempotencyKey}: nothing is bought twice.`
  return new Stop({ ...failure, remedy, idempotencyKey }, { cause: error })
}
