/** `deliveries` and `delivery`: what was sent to receivers, and what they answered. */
import { type Command, Option } from 'commander'
import type { GetDeliveryResult, ListDeliveriesQuery } from '../../client/generated/api.ts'
import type { Cli } from '../cli.ts'
import { about, unlessForbidden } from '../missing.ts'
import { addPageOptions, addPeriodOptions, type PageOptions, type Period, printPages } from '../pages.ts'
import { plain } from '../text.ts'
import { attemptLines, deliveryColumns, reasonOf, statusStyle } from '../words/delivery.ts'

export function addDeliveries(program: Command, cli: Cli): void {
  const deliveries = program
    .command('deliveries')
    .description('List deliveries, newest first')
    .addOption(new Option('--status <status>', 'only deliveries with this status').choices(statuses))
  addPageOptions(addFilterOptions(deliveries), 'deliveries')
    .addHelpText(
      'after',
      '\nJSON: { data: [delivery], next_cursor } as GET /v1/deliveries. With --all a line for each page.',
    )
    .action((options: ListOptions) => showDeliveries(cli, options))
  program
    .command('delivery <id>')
    .description('Show a delivery with its attempts')
    .option('--body', 'also the body that every attempt sends')
    .addHelpText('after', '\nJSON: the delivery with its body, as GET /v1/deliveries/{id}.')
    .action((id: string, options: { body?: true }) => showDelivery(cli, id, options))
}

export function addFilterOptions(command: Command): Command {
  command
    .option('--job <id>', 'only deliveries of this job')
    .option('--endpoint <id>', 'only deliveries to this endpoint')
    .option('--event <type>', 'only deliveries of this event, such as job.succeeded')
  return addPeriodOptions(command, 'deliveries')
}

const statuses = ['pending', 'delivered', 'failed'] as const

export interface DeliveryFilter extends Period {
  job?: string
  endpoint?: string
  event?: NonNullable<ListDeliveriesQuery['event_type']>
  status?: NonNullable<ListDeliveriesQuery['status']>
}

type ListOptions = DeliveryFilter & PageOptions

export function filterOf({
  job,
  endpoint,
  event,
  since,
  until,
  status,
}: DeliveryFilter): ListDeliveriesQuery {
  return {
    ...(job && { job_id: job }),
    ...(endpoint && { endpoint_id: endpoint }),
    ...(event && { event_type: event }),
    ...(since && { since }),
    ...(until && { until }),
    ...(status && { status }),
  }
}

/** Where no delivery fits: that job or endpoint may not exist. Those of an erased job are kept for some days. */
export async function requireThings(cli: Cli, { job, endpoint }: DeliveryFilter): Promise<void> {
  const api = await cli.api()
  const readJob = (id: string) => about('job', id, api.getJob({ path: { id } }, cli.call))
  const readEndpoint = (id: string) => about('endpoint', id, api.getEndpoint({ path: { id } }, cli.call))
  if (job !== undefined) await cli.faults.check(() => readJob(job).catch(unlessForbidden))
  if (endpoint !== undefined) await cli.faults.check(() => readEndpoint(endpoint))
  cli.faults.settle()
}

async function showDeliveries(cli: Cli, options: ListOptions): Promise<void> {
  const api = await cli.api()
  const filters = { ...filterOf(options), limit: options.limit }
  await printPages(
    cli,
    {
      noun: 'deliveries',
      columns: deliveryColumns,
      read: async (page) => {
        const found = await api.listDeliveries({ query: { ...filters, ...page } }, cli.call)
        if (found.data.length === 0) await requireThings(cli, options)
        return found
      },
    },
    options,
  )
}

async function showDelivery(cli: Cli, id: string, options: { body?: true }): Promise<void> {
  const delivery = await about('delivery', id, (await cli.api()).getDelivery({ path: { id } }, cli.call))
  if (cli.flags().json) return cli.json(delivery)
  for (const line of deliveryLines(cli, delivery)) cli.out.line(line)
  if (!options.body) return
  cli.out.line()
  cli.out.line(delivery.body ?? 'The body is deleted: the job ended long ago.')
}

function deliveryLines({ out: { style } }: Cli, delivery: GetDeliveryResult): string[] {
  const { id, event_type, event_id, job_id, endpoint_id, url, status, next_attempt_at, attempts } = delivery
  const reason = reasonOf(delivery)
  const later = delivery.attempt_count - attempts.length
  return [
    `${style.bold(id)}  ${statusStyle(status, style)(status)}${reason === '' ? '' : `: ${reason}`}`,
    `Event     ${event_type}  ${style.dim(event_id)}`,
    `Job       ${job_id}`,
    `Receiver  ${plain(url)}  ${style.dim(endpoint_id === null ? 'callback_url of the job' : endpoint_id)}`,
    `Created   ${delivery.created_at}`,
    ...(next_attempt_at === null ? [] : [`Next      ${next_attempt_at}`]),
    '',
    ...(later > 0 ? [style.dim(`The first ${later} attempts are not shown.`)] : []),
    ...(attempts.length === 0
      ? ['No attempt yet.']
      : attempts.flatMap((attempt) => attemptLines(attempt, style))),
  ]
}
