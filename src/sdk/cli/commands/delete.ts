/** `delete`: erases jobs that have ended, with their videos. */
import type { Command } from 'commander'
import type { EraseJobQuery } from '../../client/generated/api.ts'
import { type Job, ReelhookError } from '../../client/index.ts'
import type { Cli } from '../cli.ts'
import { stateFault, usageFault } from '../errors.ts'
import { forEachJob } from '../job/each.ts'
import { jobColumns } from '../job/words.ts'
import { about, unlessForbidden } from '../missing.ts'
import { requireYes } from '../prompts.ts'
import { tableLines } from '../table.ts'

interface DeleteOptions {
  force?: true
  yes?: true
}

export function addDelete(program: Command, cli: Cli): void {
  program
    .command('delete')
    .description('Delete jobs that have ended, with their videos')
    .argument('<id...>', 'ids of jobs')
    .option('--force', 'also a job with pending deliveries, which are never sent then')
    .option('--yes', 'do not ask')
    .addHelpText('after', help)
    .action((ids: string[], options: DeleteOptions) => deleteJobs(cli, ids, options))
}

const help = `
The request, the videos, the timeline, the cost and the deliveries of a job are
erased for good. It shows the jobs and asks first. Without a terminal, or with
--json, it needs --yes.

The exit code is 0 if all jobs are deleted, 6 if one has not ended or has pending
deliveries, 3 if there is no such job. The highest one counts.

JSON: { id, deleted: true }, a line for each. For one that is kept: { error }.`

async function deleteJobs(cli: Cli, ids: readonly string[], options: DeleteOptions): Promise<void> {
  const agreed = options.yes ? ids : await askFor(cli, ids)
  const query = options.force ? { force: 'true' as const } : {}
  await forEachJob(cli, agreed, async (id) => {
    await about('job', id, erase(cli, { path: { id }, query }))
    if (cli.flags().json) cli.json({ id, deleted: true })
    else cli.out.line(`${cli.out.style.green('Deleted')} ${id}.`)
  })
}

/** The jobs that can be deleted, after a yes. */
async function askFor(cli: Cli, ids: readonly string[]): Promise<string[]> {
  const client = await cli.client()
  const jobs: Job[] = []
  await forEachJob(cli, ids, async (id) => {
    const job = await about('job', id, client.get(id, cli.call))
    if (job.settled_at === null) throw stateFault('not_settled', 'The job has not ended yet.')
    jobs.push(job)
  })
  if (!cli.canAsk()) throw usageFault('Nothing was deleted.', 'Add --yes to delete for good.')
  if (jobs.length === 0) return []
  const { log } = cli
  for (const line of tableLines(jobs, jobColumns(log.style), log.width, log.style.bold)) log.line(line)
  const counted = jobs.length === 1 ? 'this job' : `these ${jobs.length} jobs`
  await requireYes(cli, `Delete ${counted} for good, videos included?`)
  return jobs.map(({ id }) => id)
}

/** A request whose answer is lost is repeated, and finds nothing any more: so it is looked first whether there is a job. */
async function erase(cli: Cli, order: { path: { id: string }; query: EraseJobQuery }): Promise<void> {
  const api = await cli.api()
  // A key without the scope `jobs:read` may delete jobs, too.
  const job = await api.getJob({ path: order.path }, cli.call).catch(unlessForbidden)
  await api.eraseJob(order, cli.call).catch((error: unknown) => {
    if (job === null || !hasCode(error, 'not_found')) throw error
  })
}

function hasCode(error: unknown, code: ReelhookError['code']): boolean {
  return error instanceof ReelhookError && error.code === code
}
