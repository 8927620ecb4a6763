/** `wait`: waits for the end of jobs, and saves their videos with --output. The exit code says how they ended. */
import type { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { usageFault } from '../errors.ts'
import { forEachJob } from '../job/each.ts'
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
  const command = program
    .command('wait')
    .description('Wait for the end of jobs')
    .argument('<id...>', 'ids of jobs')
    .option('--output <file|folder>', 'save the videos')
    .option('--force', 'overwrite a file')
    .option('--timeout <seconds>', 'how long to wait for each: 90, 10m, 2h', seconds)
    .addHelpText('after', help)
  command
    .hook('preAction', () => check(cli, command.args, command.opts()))
    .action((ids: string[], options: WaitOptions) => waitFor(cli, ids, options))
}

const help = `
The exit code is 0 if all jobs succeeded, 1 if one failed or was canceled,
3 if there is no such job, 5 if the time is over. The highest one counts.

stdout: the path of each saved file.
JSON:   { job, files: [{ n, path, bytes, sha256 }] }, a line for each job. For one
        that does not exist: { error }.`

function targetOf({ output, force }: WaitOptions): Target | null {
  return output === undefined ? null : { output, isForced: force === true }
}

async function check({ faults }: Cli, ids: readonly string[], options: WaitOptions): Promise<void> {
  const target = targetOf(options)
  if (target === null) return
  await faults.check(() => checkTarget(target, 1))
  if (ids.length > 1 && !(await isFolder(target.output)))
    faults.note(usageFault('Several jobs need a folder.', 'Give --output a folder.').failure)
}

async function waitFor(cli: Cli, ids: readonly string[], options: WaitOptions): Promise<void> {
  const target = targetOf(options)
  await forEachJob(cli, ids, async (id) => {
    const finished = await finishJob(cli, id, { target, timeoutSeconds: options.timeout })
    if (cli.flags().json) cli.json(finished)
    else printFinished(cli, finished)
  })
}
