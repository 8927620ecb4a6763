/** `cancel`: ends jobs at once, and says what may still be billed. */
import type { Command } from 'commander'
import type { Job } from '../../client/index.ts'
import type { Cli } from '../cli.ts'
import { forEachJob } from '../job/each.ts'
import { about } from '../missing.ts'
import { plain } from '../text.ts'

export function addCancel(program: Command, cli: Cli): void {
  program
    .command('cancel')
    .description('Cancel jobs, and say what may still be billed')
    .argument('<id...>', 'ids of jobs')
    .addHelpText('after', help)
    .action((ids: string[]) => cancelJobs(cli, ids))
}

const help = `
A job ends at once. A provider that has its task may still make the video and
bill it. A provider that cancels tasks is asked to, and "reelhook job" shows what
it confirmed. If a job was canceled before, its provider is asked again.

The exit code is 0 if all jobs are canceled, 6 if one has succeeded or failed, 3
if there is no such job. The highest one counts.

JSON: the job as POST /v1/jobs/{id}/cancel, a line for each; its cancellation has
may_still_be_billed. For one that is not canceled: { error }.`

async function cancelJobs(cli: Cli, ids: readonly string[]): Promise<void> {
  const api = await cli.api()
  // A canceled job can be canceled again, so a request whose answer is lost is repeated.
  const call = { ...cli.call, idempotencyKey: true }
  await forEachJob(cli, ids, async (id) => {
    const job = await about('job', id, api.cancelJob({ path: { id } }, call))
    if (cli.flags().json) cli.json(job)
    else printCanceled(cli, job)
  })
}

function printCanceled({ out, log }: Cli, { id, cancellation }: Job): void {
  const isBilled = cancellation?.may_still_be_billed === true
  const money = plain(cancellation?.message ?? '')
  out.line(`${out.style.green('Canceled')} ${id}. ${isBilled ? out.style.yellow(money) : money}`)
  // Some providers cancel no task, and the job does not say which of them do.
  const later = `A provider that cancels tasks is asked to. Later "reelhook job ${id}" shows what it confirmed.`
  if (isBilled) log.line(log.style.dim(later))
}
