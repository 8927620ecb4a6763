/** `wait`: waits for the end of jobs, and saves their videos with --output. The exit code says how they ended. */
import type { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { usageFault } from '../errors.ts'
import { finishJob, printFinished } from '../job/finish.ts'
import { checkTarget, isFolder, type Target } from '../job/targets.ts'
import { seconds } from '../options.ts'

interface WaitOptions {
  output?: string
  force?: boolean
  timeout?: number
}

/** Each waits for the job before it, which is no loss: all must end. */
export function addWait(program: Command, cli: Cli): void {
  program
    .command('wait')
    .description('Wait for the end of jobs')
    .argument('<id...>', 'ids of jobs')
    .option('--output <file|folder>', 'save the videos')
    .option('--force', 'overwrite a file')
    .option('--timeout <seconds>', 'how long to wait: 90, 10m, 2h', seconds)
    .addHelpText('after', help)
    .action((ids: string[], options: WaitOptions) => waitFor(cli, ids, options))
}

const help = `
The exit code is 0 if all jobs succeeded, 1 if one failed or was canceled,
5 if the time is over.

stdout: the path of each saved file.
JSON:   { job, files: [{ n, path, bytes, sha256 }] }, a line for each job.`

async function waitFor(cli: Cli, ids: string[], { output, force, timeout }: WaitOptions): Promise<void> {
  const target: Target | null = output === undefined ? null : { output, isForced: force === true }
  if (target !== null) await checkTarget(target, 1)
  if (target !== null && ids.length > 1 && !(await isFolder(target.output))) {
    throw usageFault('Several jobs need a folder.', 'Give --output a folder.')
  }
  for (const id of ids) {
    const finished = await finishJob(cli, id, { target, timeoutSeconds: timeout })
    if (cli.flags().json) cli.json(finished)
    else printFinished(cli, finished)
  }
}
