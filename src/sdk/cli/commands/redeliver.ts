/** `redeliver`: sends deliveries again, by their ids or by a filter. */
import type { Command } from 'commander'
import type { Delivery } from '../../client/generated/api.schemas.ts'
import type { Api } from '../api.ts'
import type { Cli } from '../cli.ts'
import { failureOf, usageFault } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { about } from '../missing.ts'
import { pagesOf } from '../pages.ts'
import { requireYes } from '../prompts.ts'
import { tableLines } from '../table.ts'
import { deliveryColumns } from '../words/delivery.ts'
import { addFilterOptions, type DeliveryFilter, filterOf, requireThings } from './deliveries.ts'

export function addRedeliver(program: Command, cli: Cli): void {
  const redeliveries = program
    .command('redeliver [id...]')
    .description('Send deliveries again, now')
    .option('--failed', 'the failed deliveries that fit the options below')
  addFilterOptions(redeliveries).option('--yes', 'do not ask').addHelpText('after', help)
  redeliveries
    .hook('preAction', () => cli.faults.check(() => check(redeliveries.args, redeliveries.opts())))
    .action((ids: string[], options: Options) => redeliver(cli, ids, options))
}

const help = `
With --failed it shows how many there are and asks first. Without a terminal, or with --json, it
needs --yes. --failed needs --job, --endpoint or --since.

JSON: { redelivered: [id], skipped: [{ id, code, message }] }. The exit code is 1 if one was skipped.

Examples:
  reelhook redeliver dlv_01kbk6v3x6f9ja8c6mphr3z4aw
  reelhook redeliver --failed --endpoint ep_01kbk6v3x6f9ja8c6mphr3z4aw --since 2d`

interface Options extends Omit<DeliveryFilter, 'status'> {
  failed?: true
  yes?: true
}

interface Skipped {
  id: string
  code: string
  message: string
}

async function redeliver(cli: Cli, ids: string[], options: Options): Promise<void> {
  const api = await cli.api()
  const done = options.failed ? await redeliverFailed(cli, api, options) : await redeliverEach(cli, api, ids)
  if (done.skipped.length > 0) cli.endWith(exitCodes.failed)
  if (cli.flags().json) return cli.json(done)
  const { style } = cli.out
  for (const { id, message } of done.skipped) cli.log.line(`${style.yellow('Skipped')} ${id}: ${message}`)
  cli.out.line(
    `${style.green('Sent again:')} ${done.redelivered.length === 1 ? done.redelivered[0] : countOf(done.redelivered)}`,
  )
}

function check(ids: readonly string[], { failed, job, endpoint, event, since, until }: Options): void {
  const isFiltered = [job, endpoint, event, since, until].some((value) => value !== undefined)
  if (ids.length > 0 && (failed || isFiltered)) {
    throw usageFault('Ids and --failed do not go together.', 'Give ids, or --failed with a filter.')
  }
  if (ids.length > 0) return
  if (!failed) throw usageFault('Nothing is chosen.', 'Give ids of deliveries, or --failed with a filter.')
  if (job === undefined && endpoint === undefined && since === undefined) {
    throw usageFault('--failed alone would choose everything.', 'Add --job, --endpoint or --since.')
  }
}

interface Done {
  redelivered: string[]
  skipped: Skipped[]
}

async function redeliverFailed(cli: Cli, api: Api, options: Options): Promise<Done> {
  const filter = { ...options, status: 'failed', until: options.until ?? new Date().toISOString() } as const
  const found = await listAll(cli, api, filter)
  if (found.length === 0) {
    await requireThings(cli, options)
    if (!cli.flags().json) cli.log.line('No failed deliveries fit.')
    return { redelivered: [], skipped: [] }
  }
  if (!options.yes) await requireConsent(cli, found)
  if (options.job !== undefined)
    return redeliverEach(
      cli,
      api,
      found.map(({ id }) => id),
    )
  return redeliverPeriod(cli, api, { filter, found })
}

async function listAll(cli: Cli, api: Api, filter: DeliveryFilter): Promise<Delivery[]> {
  const query = { ...filterOf(filter), limit: 100 }
  const found: Delivery[] = []
  const pages = pagesOf((page) => api.listDeliveries({ query: { ...query, ...page } }, cli.call))
  for await (const { data } of pages) found.push(...data)
  return found
}

async function requireConsent(cli: Cli, found: readonly Delivery[]): Promise<void> {
  if (!cli.canAsk()) throw usageFault(`${countOf(found)} fit, and none was sent.`, 'Add --yes to send them.')
  const { log } = cli
  const shown = found.slice(0, maxShown)
  for (const line of tableLines(shown, deliveryColumns(log.style), log.width, log.style.bold)) log.line(line)
  if (found.length > shown.length) log.line(log.style.dim(`and ${found.length - shown.length} more`))
  await requireYes(cli, `Send ${countOf(found)} again?`)
}

const maxShown = 10

function countOf({ length }: readonly unknown[]): string {
  return length === 1 ? '1 delivery' : `${length} deliveries`
}

/** By their period: they wait in the queues of their hosts, and delay no other delivery. */
async function redeliverPeriod(
  cli: Cli,
  api: Api,
  { filter, found }: { filter: DeliveryFilter & { until: string }; found: readonly Delivery[] },
): Promise<Done> {
  const { endpoint, event, until, since = new Date(0).toISOString() } = filter
  const filters = {
    since,
    until,
    ...(endpoint && { endpoint_id: endpoint }),
    ...(event && { event_type: event }),
  }
  const redelivered: string[] = []
  const pages = pagesOf((page) => api.redeliverDeliveries({ body: { ...filters, ...page } }, cli.call))
  for await (const { data } of pages) redelivered.push(...data.map(({ id }) => id))
  const message = 'it is under way, its body is deleted, or its receiver is disabled or deleted.'
  const skipped = found
    .filter(({ id }) => !redelivered.includes(id))
    .map(({ id }) => ({ id, code: 'skipped', message }))
  return { redelivered, skipped }
}

/** One after the other. The trouble of a single one is the failure of the command. */
async function redeliverEach(cli: Cli, api: Api, ids: readonly string[]): Promise<Done> {
  const done: Done = { redelivered: [], skipped: [] }
  for (const id of ids) {
    try {
      await about('delivery', id, api.redeliverDelivery({ path: { id } }, cli.call))
      done.redelivered.push(id)
    } catch (error) {
      const { code, message, exitCode } = failureOf(error, cli.interrupted.aborted)
      const isOfDelivery =
        exitCode === exitCodes.notFound || ['delivery_pending', 'pruned', 'disabled'].includes(code)
      if (ids.length === 1 || !isOfDelivery) throw error
      done.skipped.push({ id, code, message })
    }
  }
  return done
}
