/** `jobs`: the list, newest first, with the filters of the API. */
import { type Command, Option } from 'commander'
import type { ListJobsQuery } from '../../client/generated/api.ts'
import type { Cli } from '../cli.ts'
import { jobColumns } from '../job/words.ts'
import { collectPairs, knownValues, pairsIn } from '../options.ts'
import { addPageOptions, addPeriodOptions, type PageOptions, type Period, printPages } from '../pages.ts'

export function addJobs(program: Command, cli: Cli): void {
  const jobs = program
    .command('jobs')
    .description('List jobs, newest first')
    .addOption(new Option('--status <status>', 'only jobs with this status').choices(statuses))
    .addOption(knownValues('--provider <provider>', 'only jobs whose provider now is this one', 'provider'))
    .addOption(knownValues('--model <model>', 'only jobs of this model', 'model'))
  addPeriodOptions(jobs, 'jobs').option(
    '--metadata <key=value>',
    'only jobs with this metadata; can be repeated',
    collectPairs,
  )
  addPageOptions(jobs, 'jobs')
    .addHelpText(
      'after',
      '\nJSON: { data: [job], next_cursor } as GET /v1/jobs. With --all a line for each page.',
    )
    .action((options: JobsOptions) => showJobs(cli, options))
}

const statuses = ['queued', 'generating', 'storing', 'succeeded', 'failed', 'canceled'] as const

interface JobsOptions extends PageOptions, Period {
  status?: ListJobsQuery['status']
  provider?: ListJobsQuery['provider']
  model?: ListJobsQuery['model']
  metadata?: string[]
}

async function showJobs(cli: Cli, options: JobsOptions): Promise<void> {
  const api = await cli.api()
  const filters = filtersOf(options)
  await printPages(
    cli,
    {
      noun: 'jobs',
      columns: jobColumns,
      read: (page) => api.listJobs({ query: { ...filters, ...page } }, cli.call),
    },
    options,
  )
}

function filtersOf({ status, provider, model, since, until, limit, metadata = [] }: JobsOptions) {
  const entries = Object.entries(pairsIn(metadata)).map(([key, value]) => [`metadata[${key}]`, value])
  return {
    ...(status && { status }),
    ...(provider && { provider }),
    ...(model && { model }),
    ...(since && { created_after: since }),
    ...(until && { created_before: until }),
    ...Object.fromEntries(entries),
    limit,
  }
}
